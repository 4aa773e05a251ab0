-- The processes that serve the desk. One that has not been heard of for a while, by the database's time, is
-- marked as gone, and what it was sending is taken over.
create table processes (
    id blob primary key,
    host text not null,
    pid integer not null,
    version text not null,
    started_at integer not null,
    present_until integer not null,
    gone integer not null
) strict;

-- Who alone does something, such as reading a mailbox. The epoch rises with every new holder and is checked in
-- the transactions of the work; until then is the database's time. The second index makes a new epoch a change
-- of key: taking a lease over waits for transactions that have checked the old one, and renewing it does not.
create table leases (
    name text primary key,
    holder blob,
    epoch integer not null,
    held_until integer not null
) strict;
create unique index leases_epoch on leases (name, epoch);

-- Whose attempt it is.
alter table outbox add column process_id blob;
