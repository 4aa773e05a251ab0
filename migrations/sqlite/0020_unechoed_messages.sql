-- Words of mails that failed their own domain's policy: nothing of them is sent back to whom they name.
create table unechoed_messages (
    message_id blob primary key references messages (id)
) strict;
