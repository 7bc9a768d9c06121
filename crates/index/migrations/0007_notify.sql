-- Channels on which warnings go out. What they are is data of the program, which checks it before it is stored.
CREATE TABLE channels (
    id uuid PRIMARY KEY,
    place_id uuid NOT NULL REFERENCES places (id),
    spec jsonb NOT NULL,
    -- As the vault sealed them.
    secrets bytea,
    -- When they were given or renewed.
    secrets_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX channels_place ON channels (place_id);

-- What is to go out: one row a channel, written in the transaction of what it tells, so that neither is without the
-- other. No foreign key to review items: what went out outlives them.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    channel_id uuid NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    idempotency_key text NOT NULL,
    kind text NOT NULL,
    item_id uuid,
    warning jsonb,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'dead')),
    -- Waits to go out together with others.
    held boolean NOT NULL DEFAULT false,
    attempts integer NOT NULL DEFAULT 0,
    -- Of a row that is being tried: when it is taken for forgotten and tried again.
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    UNIQUE (channel_id, idempotency_key)
);
CREATE INDEX outbox_due ON outbox (channel_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX outbox_latest ON outbox (created_at DESC, id DESC);
CREATE INDEX outbox_dead ON outbox (created_at DESC, id DESC) WHERE state = 'dead';
CREATE INDEX outbox_item ON outbox (item_id) WHERE item_id IS NOT NULL;
