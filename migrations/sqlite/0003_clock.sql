-- Where the clock of each ticket stands, and when it has to be looked at again.
create table clocks (
    ticket_id blob primary key references tickets (id),
    status_since integer not null,
    waiting_since integer,
    is_first integer not null,
    look_at integer
) strict;
create index clocks_due on clocks (look_at) where look_at is not null;

-- Stretches of a customer's wait that are not counted against the desk.
create table pauses (
    ticket_id blob not null references tickets (id),
    from_at integer not null,
    until_at integer,
    primary key (ticket_id, from_at)
) strict;

-- What the passing of time has caused already; a second row of the same key is refused.
create table reminders (
    ticket_id blob not null references tickets (id),
    kind text not null,
    since integer not null,
    told_at integer not null,
    primary key (ticket_id, kind, since)
) strict;

-- The last word of a person on what a ticket is, with the inquiry it labels.
create table corrections (
    ticket_id blob not null references tickets (id),
    field text not null,
    was text not null,
    became text not null,
    corrected_at integer not null,
    corrected_by text not null,
    subject text not null,
    body text not null,
    flags text not null,
    primary key (ticket_id, field)
) strict;

insert into clocks (ticket_id, status_since, waiting_since, is_first, look_at)
select id, updated_at,
    case when status in ('new', 'awaiting-account') then opened_at when status = 'open' then updated_at end,
    answered_at is null, 0
from tickets where status <> 'closed';
