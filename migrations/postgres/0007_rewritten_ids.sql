-- The Message-ID under which a mail reached its recipient, where the server wrote its own.
alter table outbox add column sent_as text;
create index outbox_sent_as on outbox (sent_as) where sent_as is not null;
