-- Ways into the page and who is inside. Of what people hold only hashes are kept; who an address is and what it
-- may see is asked of the registry on every request, so nothing of that stands here.
create table sign_in_links (
    token_hash text primary key,
    address text not null,
    returns_to text not null,
    created_at bigint not null,
    ends_at bigint not null,
    used_at bigint
);
create index sign_in_links_address on sign_in_links (address, created_at);
create index sign_in_links_ends on sign_in_links (ends_at);

-- The customer is the one that somebody of several looks at now.
create table sessions (
    token_hash text primary key,
    address text not null,
    customer_id text,
    created_at bigint not null,
    seen_at bigint not null
);
create index sessions_seen on sessions (seen_at);

create index tickets_customer_updated on tickets (customer_id, updated_at);

-- What the customer's side may read of a message to it, exactly as it went out. A staff mail holds more than that:
-- commands, notes, quoted notifications.
alter table messages add column shown text;
