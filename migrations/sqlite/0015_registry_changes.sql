-- Every change of the registry is counted, whoever makes it, so that what a process remembers of it never outlives it.
insert into counters (name, value) values ('registry-changes', 0);
create trigger customers_insert_counted after insert on customers begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger customers_update_counted after update on customers begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger customers_delete_counted after delete on customers begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger contacts_insert_counted after insert on contacts begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger contacts_update_counted after update on contacts begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger contacts_delete_counted after delete on contacts begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger accounts_insert_counted after insert on accounts begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger accounts_update_counted after update on accounts begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger accounts_delete_counted after delete on accounts begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger staff_insert_counted after insert on staff begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger staff_update_counted after update on staff begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger staff_delete_counted after delete on staff begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger staff_addresses_insert_counted after insert on staff_addresses begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger staff_addresses_update_counted after update on staff_addresses begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
create trigger staff_addresses_delete_counted after delete on staff_addresses begin
    update counters set value = value + 1 where name = 'registry-changes';
end;
