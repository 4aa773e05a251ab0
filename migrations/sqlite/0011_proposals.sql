-- Tickets opened for a customer whose mail a staff member passed on, until somebody at the desk confirms whose it is.
create table proposals (
    ticket_id blob primary key references tickets (id),
    mail_id blob not null references mails (id),
    staff_serial integer not null,
    senders text not null,
    proposed_at integer not null,
    confirmed_at integer,
    confirmed_by text
) strict;
