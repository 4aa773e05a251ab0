-- Tickets on which nothing automatic is sent for a while: a machine answers us.
create table quiet_tickets (
    ticket_id uuid primary key references tickets (id),
    until bigint not null
);

-- Acknowledgements that wait for their address's budget, to go out bundled.
create table waiting_acknowledgements (
    ticket_id uuid primary key references tickets (id),
    address text not null,
    due_at bigint not null
);
create index waiting_acknowledgements_due on waiting_acknowledgements (due_at);

create index tickets_author on tickets (author, opened_at);
