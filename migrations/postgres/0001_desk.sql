-- The first schema. Instants are milliseconds since 1970-01-01 UTC; ids are UUIDv7; addresses are folded
-- to lower case; every closed set is written by its kebab-case name.

-- Every mail ever seen: its place in the mailbox, its bytes, how often reading it was tried, its outcome.
create table mails (
    id uuid primary key,
    source text not null,
    mailbox text not null,
    uid_validity bigint,
    uid bigint,
    received_at bigint not null,
    size bigint not null,
    content_hash text not null,
    message_id text,
    raw bytea,
    whole boolean not null,
    acknowledge boolean not null,
    attempts bigint not null,
    last_error text,
    outcome text,
    reason text,
    outcome_at bigint,
    ticket_id uuid,
    filed_at bigint
);
create unique index mails_place on mails (mailbox, uid_validity, uid) where uid is not null;
create index mails_content on mails (content_hash);
create index mails_waiting on mails (received_at) where outcome is null;
create index mails_unfiled on mails (mailbox, uid_validity, uid) where uid is not null and filed_at is null;
create index mails_outcome on mails (outcome, received_at);

-- What is known of each mailbox that is read.
create table mailboxes (
    name text primary key,
    uid_validity bigint,
    scanned_at bigint
);

create table customers (
    id text primary key,
    name text not null,
    name_kana text not null,
    language text not null,
    answer_mode text not null
);

create table contacts (
    customer_id text not null references customers (id),
    reach text not null,
    person text not null,
    person_name text not null,
    department text not null,
    language text,
    account_scope text not null,
    web boolean not null,
    valid_from text,
    valid_to text,
    primary key (customer_id, reach)
);
create index contacts_reach on contacts (reach);

create table accounts (
    account_id text not null,
    customer_id text not null references customers (id),
    label text not null,
    starts text,
    ends text,
    primary key (account_id, customer_id)
);
create index accounts_customer on accounts (customer_id);

create table staff (
    serial bigint primary key,
    name text not null,
    desks text not null,
    role text not null
);

create table staff_addresses (
    address text primary key,
    serial bigint not null references staff (serial),
    position bigint not null
);
create index staff_addresses_serial on staff_addresses (serial);

create table counters (
    name text primary key,
    value bigint not null
);
insert into counters (name, value) values ('ticket', 0);

create table tickets (
    id uuid primary key,
    number bigint not null unique,
    customer_id text references customers (id),
    account_id text,
    account_outcome text not null,
    status text not null,
    category text not null,
    confidence double precision not null,
    severity text not null,
    desk text not null,
    language text not null,
    subject text not null,
    author text not null,
    author_name text not null,
    assignee bigint references staff (serial),
    related_to uuid,
    opened_at bigint not null,
    updated_at bigint not null,
    clock_starts_at bigint not null,
    answered_at bigint,
    closed_at bigint
);
create index tickets_status on tickets (status, desk, clock_starts_at);
create index tickets_customer on tickets (customer_id, opened_at);

-- Who besides the author takes part in a ticket.
create table participants (
    ticket_id uuid not null references tickets (id),
    address text not null,
    added_by text not null,
    primary key (ticket_id, address)
);

create table messages (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    mail_id uuid references mails (id),
    kind text not null,
    author text not null,
    subject text not null,
    body text not null,
    visible text not null,
    created_at bigint not null
);
create index messages_ticket on messages (ticket_id, created_at);

-- Every Message-ID that belongs to a ticket; origin says who wrote it and so whose References may name it.
create table message_ids (
    message_id text not null,
    ticket_id uuid not null references tickets (id),
    origin text not null,
    recorded_at bigint not null,
    primary key (message_id, ticket_id)
);

create index message_ids_ticket on message_ids (ticket_id, recorded_at);

create table events (
    id uuid primary key,
    ticket_id uuid not null references tickets (id),
    at bigint not null,
    actor text not null,
    kind text not null,
    detail text not null
);
create index events_ticket on events (ticket_id, at);

-- Mail going out: bytes and Message-ID are final when the row is written.
create table outbox (
    id uuid primary key,
    ticket_id uuid references tickets (id),
    mail_id uuid references mails (id),
    purpose text not null,
    priority bigint not null,
    sender text not null,
    recipient text not null,
    message_id text not null,
    subject text not null,
    bytes bytea not null,
    state text not null,
    attempts bigint not null,
    due_at bigint not null,
    lease_until bigint,
    last_reply text,
    created_at bigint not null,
    finished_at bigint,
    unknowns bigint not null default 0,
    told_at bigint
);
create unique index outbox_message on outbox (message_id, recipient);
create index outbox_due on outbox (priority, due_at) where state in ('queued', 'deferred');
create index outbox_leased on outbox (lease_until) where state = 'sending';
create index outbox_ticket on outbox (ticket_id, created_at);
create index outbox_budget on outbox (recipient, created_at) where purpose = 'acknowledgement';
create index outbox_recent_acknowledgements on outbox (created_at) where purpose = 'acknowledgement';

-- Staff mail that was not trusted enough to be relayed.
create table held (
    id uuid primary key,
    mail_id uuid not null references mails (id),
    ticket_id uuid references tickets (id),
    staff_serial bigint references staff (serial),
    reason text not null,
    detail text not null,
    body text not null,
    state text not null,
    held_at bigint not null,
    decided_at bigint,
    decided_by text
);
create index held_open on held (held_at) where state = 'waiting';
