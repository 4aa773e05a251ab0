-- Tickets that go on under another one, always under the last survivor.
create table merges (
    ticket_id uuid primary key references tickets (id),
    into_id uuid not null references tickets (id),
    merged_at bigint not null
);
create index merges_into on merges (into_id);

-- Staff who worked on a ticket and hear of it beside its assignee.
create table watchers (
    ticket_id uuid not null references tickets (id),
    staff bigint not null references staff (serial),
    primary key (ticket_id, staff)
);
