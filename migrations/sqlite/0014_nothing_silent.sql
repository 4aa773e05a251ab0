-- Times in which no mail goes out: while a row has no end, nothing is claimed.
create table outbox_freezes (
    id blob primary key,
    reason text not null,
    frozen_by text not null,
    frozen_at integer not null,
    released_by text,
    released_at integer
) strict;
create index outbox_freezes_open on outbox_freezes (frozen_at) where released_at is null;

-- What is out of order now, and since when; a row goes away when it is in order again.
create table outages (
    name text primary key,
    since integer not null,
    detail text not null
) strict;

-- Mails to ourselves that prove the whole way, from the outbox to the ledger.
create table self_probes (
    outbox_id blob primary key references outbox (id),
    written_at integer not null,
    arrived_at integer
) strict;

-- Which database this is; a copy brought back elsewhere differs from what it says of itself.
create table database_marks (
    name text primary key,
    value text not null
) strict;
