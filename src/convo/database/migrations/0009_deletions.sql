-- What was deleted, by whom and when; no word of what it was. It comes from a log beside the store.
create table deletion (
    short_id varchar not null,          -- the first 16 characters of the recording's id
    what varchar not null,              -- session, or sound
    who varchar not null,
    begun_at timestamp not null,        -- UTC
    done_at timestamp,                  -- UTC; null: not all of it is gone yet
    removed varchar[] not null,         -- what was there, in general words
    reason varchar not null
);
