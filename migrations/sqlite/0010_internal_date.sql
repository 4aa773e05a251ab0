-- When the mail server took the mail in (INTERNALDATE), which no later reading of the mailbox changes.
alter table mails add column arrived_at integer;
