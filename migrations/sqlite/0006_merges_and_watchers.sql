-- Tickets that go on under another one, always under the last survivor.
create table merges (
    ticket_id blob primary key references tickets (id),
    into_id blob not null references tickets (id),
    merged_at integer not null
) strict;
create index merges_into on merges (into_id);

-- Staff who worked on a ticket and hear of it beside its assignee.
create table watchers (
    ticket_id blob not null references tickets (id),
    staff integer not null references staff (serial),
    primary key (ticket_id, staff)
) strict;
