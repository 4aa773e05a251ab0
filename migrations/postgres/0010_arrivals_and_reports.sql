-- When the mail server took the mail in (INTERNALDATE), which no later reading of the mailbox changes.
alter table mails add column arrived_at bigint;

-- What was reported of mails the desk has sent: each recipient and status once, however often it is told.
create table delivery_reports (
    message_id text not null,
    recipient text not null,
    status text not null,
    failed boolean not null,
    at bigint not null,
    primary key (message_id, recipient, status)
);
