-- Tickets opened for a customer whose mail a staff member passed on, until somebody at the desk confirms whose it is.
create table proposals (
    ticket_id uuid primary key references tickets (id),
    mail_id uuid not null references mails (id),
    staff_serial bigint not null,
    senders text not null,
    proposed_at bigint not null,
    confirmed_at bigint,
    confirmed_by text
);
