-- Every acknowledgement that was written, for the budgets: address and domain in lower case.
create table acknowledgements (
    ticket_id blob not null references tickets (id),
    address text not null,
    domain text not null,
    at integer not null
) strict;
create index acknowledgements_address on acknowledgements (address, at);
create index acknowledgements_domain on acknowledgements (domain, at);
create index acknowledgements_at on acknowledgements (at);
insert into acknowledgements (ticket_id, address, domain, at)
    select ticket_id, lower(recipient), '', created_at
    from outbox where purpose = 'acknowledgement' and ticket_id is not null;

-- What the waiting acknowledgement has to say.
alter table waiting_acknowledgements add column kind text not null default 'full';

-- Tickets that staff are told of in the next list and not one by one.
create table untold_tickets (
    ticket_id blob primary key references tickets (id),
    since integer not null,
    verdict text not null
) strict;

create index tickets_author_folded on tickets (lower(author), opened_at);
create index mails_reason on mails (reason, received_at);
create index outbox_sent_to on outbox (lower(recipient), finished_at) where state = 'sent';
