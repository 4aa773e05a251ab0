-- Whether the author of the waiting inquiry was proven: what waits in another's name is looked at once more
-- before it goes out.
alter table waiting_acknowledgements add column proven integer not null default true;
