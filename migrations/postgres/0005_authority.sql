-- Who may speak for the desk: proven anchors, requests about held mail, and the memory of what was done.

-- Staff addresses whose anchor was seen to pass, by a probe or a confirmation answered from that address.
create table staff_anchors (
    staff_serial bigint not null references staff (serial),
    address text not null,
    anchor text not null,
    passed_at bigint not null,
    primary key (staff_serial, address, anchor)
);

-- What people are told of held mail. Without asked_at it waits for the next digest; confirms says whether an
-- answer lets the mail go, once, and only while its content is what it was.
create table held_requests (
    number bigint primary key,
    held_id uuid not null references held (id),
    staff_serial bigint not null references staff (serial),
    content_hash text not null,
    confirms boolean not null,
    created_at bigint not null,
    asked_at bigint,
    used_at bigint
);
create index held_requests_unasked on held_requests (staff_serial, number) where asked_at is null;
create index held_requests_asked on held_requests (staff_serial, asked_at);
insert into counters (name, value) values ('held-request', 0);

-- Staff mails that were acted upon; the same proof and Message-ID a second time is a replay.
create table replays (
    staff_serial bigint not null,
    proof text not null,
    message_id text not null,
    mail_id uuid not null references mails (id),
    seen_at bigint not null,
    primary key (staff_serial, proof, message_id)
);
create index replays_seen on replays (seen_at);

-- When a mail that DNS trouble has kept from being judged is judged again.
alter table held add column retry_at bigint;
create index held_retry on held (retry_at) where state = 'waiting' and retry_at is not null;
