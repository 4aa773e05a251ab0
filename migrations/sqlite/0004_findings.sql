-- What the machine found in a ticket's mails, for the people who answer it: flags by their kebab-case names
-- with spaces around each, evidence as JSON. No secret and no My Number stands in it.
create table findings (
    ticket_id blob primary key references tickets (id),
    flags text not null,
    evidence text not null,
    rules_version text not null
) strict;
