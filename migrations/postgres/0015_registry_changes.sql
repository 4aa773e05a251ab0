-- Every change of the registry is counted, whoever makes it, so that what a process remembers of it never outlives it.
insert into counters (name, value) values ('registry-changes', 0);
create function count_registry_change() returns trigger language plpgsql as $$
begin
    update counters set value = value + 1 where name = 'registry-changes';
    return null;
end
$$;
create trigger customers_counted after insert or update or delete or truncate on customers
    for each statement execute function count_registry_change();
create trigger contacts_counted after insert or update or delete or truncate on contacts
    for each statement execute function count_registry_change();
create trigger accounts_counted after insert or update or delete or truncate on accounts
    for each statement execute function count_registry_change();
create trigger staff_counted after insert or update or delete or truncate on staff
    for each statement execute function count_registry_change();
create trigger staff_addresses_counted after insert or update or delete or truncate on staff_addresses
    for each statement execute function count_registry_change();
