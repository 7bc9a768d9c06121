//! The outbox: warnings on their way out. Rows come with what they tell, in one transaction, and stay until the other
//! side has taken them or a person has seen to them: at least once, under a key that stays the same.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    ChannelId, Delivery, DeliveryId, DeliveryState, DeliveryTrouble, MessageKind, PlaceId, ReviewItemId,
    Severity, Timestamp,
};
use sqlx::postgres::PgConnection;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::columns::{at, corrupt, interval, parse, unsigned};
use crate::places::push_below;
use crate::review::{OPEN, severity};
use crate::{Index, IndexError, Result, Visibility};

/// Longest account of what went wrong.
const LONGEST_ERROR: usize = 1000;

/// Which deliveries to list. Everything that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct DeliveryQuery {
    /// In one of these states; none: in any.
    pub states: Vec<DeliveryState>,
    /// On this channel.
    pub channel: Option<ChannelId>,
    /// About this review item.
    pub item: Option<ReviewItemId>,
    /// What the asker may see.
    pub visible: Visibility,
    /// Go on after this one.
    pub cursor: Option<DeliveryCursor>,
    /// Most to return, 1 to 1000.
    pub limit: u32,
}

/// Where a page of deliveries ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryCursor {
    /// When the page's last one was written down.
    pub created_at: Timestamp,
    /// Its identifier.
    pub id: DeliveryId,
}

/// Deliveries, latest first.
#[derive(Clone, Debug)]
pub struct DeliveryPage {
    /// The deliveries.
    pub items: Vec<Delivery>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<DeliveryCursor>,
}

/// What a dispatcher must know of a channel again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelPulse {
    /// The channel.
    pub id: ChannelId,
    /// Rises with each change.
    pub version: i64,
    /// Whether it is on.
    pub enabled: bool,
    /// Whether something is to be tried now.
    pub due: bool,
}

/// Why an attempt came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryFailure {
    /// What can be done about it.
    pub trouble: DeliveryTrouble,
    /// The same in technical words.
    pub error: String,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The other side has taken it.
    Sent,
    /// It is tried again after this; the attempt counts.
    Retry {
        /// How long from now.
        after: Duration,
        /// What went wrong.
        failure: DeliveryFailure,
    },
    /// It was not tried: it waits, or the other side takes no more for now. The attempt does not count.
    Wait {
        /// Until when.
        until: Timestamp,
        /// Whether to go out together with others then.
        held: bool,
        /// Why, where something went wrong.
        failure: Option<DeliveryFailure>,
    },
    /// It is given up until a person has it sent again.
    Dead {
        /// What went wrong.
        failure: DeliveryFailure,
    },
}

#[derive(FromRow)]
struct DeliveryRow {
    id: Uuid,
    channel_id: Uuid,
    idempotency_key: String,
    kind: String,
    warning: Option<serde_json::Value>,
    state: String,
    held: bool,
    attempts: i32,
    next_attempt_at: DateTime<Utc>,
    last_trouble: Option<String>,
    last_error: Option<String>,
    created_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "o.id, o.channel_id, o.idempotency_key, o.kind, o.warning, o.state, o.held, o.attempts, \
    o.next_attempt_at, o.last_trouble, o.last_error, o.created_at, o.sent_at";

impl TryFrom<DeliveryRow> for Delivery {
    type Error = IndexError;
    fn try_from(row: DeliveryRow) -> Result<Self> {
        let what = format!("delivery {}", row.id);
        let warning = row.warning.map(serde_json::from_value).transpose();
        Ok(Self {
            id: DeliveryId(row.id),
            channel_id: ChannelId(row.channel_id),
            idempotency_key: row.idempotency_key,
            kind: parse(&what, &row.kind)?,
            warning: warning.map_err(|error| corrupt(&what, error))?,
            state: parse(&what, &row.state)?,
            held: row.held,
            attempts: unsigned(&what, i64::from(row.attempts))?,
            next_attempt_at: row.next_attempt_at.into(),
            last_trouble: row.last_trouble.map(|name| parse(&what, &name)).transpose()?,
            last_error: row.last_error,
            created_at: row.created_at.into(),
            sent_at: row.sent_at.map(Timestamp::from),
        })
    }
}

fn not_found(id: DeliveryId) -> IndexError {
    IndexError::NotFound { what: "delivery", id: id.to_string() }
}

/// Writes down for every channel that wants it what is to be told of an item now. What is new is for the channels of
/// its place and above; what was escalated for those of the place that is to see to it, and above; that something was
/// resolved or reopened only for those that were told of it, and want to know or show states.
///
/// Channels are locked against removal, so that a row of the item is never refused for the sake of one.
pub(crate) async fn enqueue(
    connection: &mut PgConnection,
    item: ReviewItemId,
    kind: MessageKind,
) -> Result<()> {
    let told = "((c.spec->'routing'->>'resolved')::boolean OR c.spec->'settings'->>'type' = 'mqtt')
                 AND EXISTS (SELECT FROM outbox o WHERE o.channel_id = c.id AND o.item_id = i.id)";
    let (place, wanted, key) = match kind {
        MessageKind::Escalated => ("i.assigned_place_id", "true", "'/escalated/' || i.version"),
        MessageKind::Resolved => ("i.place_id", told, "'/resolved/' || i.version"),
        MessageKind::Reopened => ("i.place_id", told, "'/reopened/' || i.version"),
        MessageKind::New | MessageKind::Test | MessageKind::Digest => ("i.place_id", "true", "'/new'"),
    };
    let statement = format!(
        "INSERT INTO outbox (id, channel_id, idempotency_key, kind, item_id, warning)
         SELECT gen_random_uuid(), c.id, 'item/' || i.id || {key}, $2, i.id, jsonb_build_object(
             'item_id', i.id, 'place_id', i.place_id,
             'places', coalesce((SELECT jsonb_agg(a.name ORDER BY nlevel(a.path)) FROM places a
                 WHERE a.path @> (SELECT path FROM places WHERE id = i.place_id)), '[]'),
             'camera_id', i.camera_id, 'camera', (SELECT name FROM cameras WHERE id = i.camera_id),
             'rule', i.rule_name, 'severity', (ARRAY['notice', 'alert', 'alarm'])[i.severity + 1],
             'at', i.first_at, 'why', jsonb_build_object('vi', i.why_vi, 'en', i.why_en))
         FROM review_items i
         JOIN places p ON p.id = {place}
         JOIN places r ON r.path @> p.path
         JOIN channels c ON c.place_id = r.id
         WHERE i.id = $1 AND (c.spec->>'enabled')::boolean
           AND array_position(ARRAY['notice', 'alert', 'alarm'], c.spec->'routing'->>'least_severity') <= i.severity + 1
           AND (c.spec->'routing'->'rules' = '[]' OR c.spec->'routing'->'rules' ? i.rule_id::text)
           AND {wanted}
         FOR KEY SHARE OF c
         ON CONFLICT (channel_id, idempotency_key) DO NOTHING"
    );
    sqlx::query(sqlx::AssertSqlSafe(statement)).bind(item.0).bind(kind.as_str()).execute(connection).await?;
    Ok(())
}

impl Index {
    /// Writes down a message with which a person tries a channel.
    pub async fn enqueue_test(&self, channel: ChannelId) -> Result<Delivery> {
        let id = DeliveryId::generate();
        sqlx::query("INSERT INTO outbox (id, channel_id, idempotency_key, kind) VALUES ($1, $2, $3, $4)")
            .bind(id.0)
            .bind(channel.0)
            .bind(format!("test/{id}"))
            .bind(MessageKind::Test.as_str())
            .execute(&self.pool)
            .await?;
        self.delivery(id).await
    }

    /// Every channel, and whether something is to be tried on it.
    pub async fn channel_pulses(&self) -> Result<Vec<ChannelPulse>> {
        let rows: Vec<(Uuid, i64, bool, bool)> = sqlx::query_as(
            "SELECT c.id, c.version, (c.spec->>'enabled')::boolean, EXISTS (SELECT FROM outbox o
                 WHERE o.channel_id = c.id AND o.state = 'pending' AND o.next_attempt_at <= now())
             FROM channels c",
        )
        .fetch_all(&self.pool)
        .await?;
        let pulse = |(id, version, enabled, due)| ChannelPulse { id: ChannelId(id), version, enabled, due };
        Ok(rows.into_iter().map(pulse).collect())
    }

    /// Takes what is to be tried on a channel now, alarms first, then the oldest: of what waits to go out together, or
    /// of the rest. For as long as the lease, nobody else is given it; then it is taken for forgotten.
    pub async fn claim_deliveries(
        &self,
        channel: ChannelId,
        held: bool,
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<Delivery>> {
        let statement = format!(
            "WITH due AS (
                 SELECT id FROM outbox
                 WHERE channel_id = $1 AND state = 'pending' AND next_attempt_at <= now() AND held = $4
                 ORDER BY warning->>'severity' IS DISTINCT FROM 'alarm', created_at, id
                 LIMIT $2 FOR UPDATE SKIP LOCKED)
             UPDATE outbox o SET attempts = attempts + 1, next_attempt_at = now() + $3::interval
             FROM due WHERE o.id = due.id RETURNING {COLUMNS}"
        );
        let rows: Vec<DeliveryRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(channel.0)
            .bind(i64::from(limit))
            .bind(interval(lease))
            .bind(held)
            .fetch_all(&self.pool)
            .await?;
        let mut claimed: Vec<Delivery> = rows.into_iter().map(Delivery::try_from).collect::<Result<_>>()?;
        let severity = |delivery: &Delivery| delivery.warning.as_ref().map(|warning| warning.severity);
        claimed.sort_by_key(|delivery| {
            (severity(delivery) != Some(Severity::Alarm), delivery.created_at, delivery.id)
        });
        Ok(claimed)
    }

    /// Writes down what became of an attempt with these.
    pub async fn settle_deliveries(&self, ids: &[DeliveryId], settled: &Settled) -> Result<()> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let short = |error: &str| -> String {
            error.chars().filter(|letter| *letter != '\0').take(LONGEST_ERROR).collect()
        };
        let query = match settled {
            Settled::Sent => sqlx::query(
                "UPDATE outbox SET state = 'sent', sent_at = now(), held = false, last_trouble = NULL, last_error = NULL
                 WHERE id = ANY ($1) AND state = 'pending'",
            )
            .bind(ids),
            Settled::Retry { after, failure } => sqlx::query(
                "UPDATE outbox SET next_attempt_at = now() + $2::interval, last_trouble = $3, last_error = $4
                 WHERE id = ANY ($1) AND state = 'pending'",
            )
            .bind(ids)
            .bind(interval(*after))
            .bind(failure.trouble.as_str())
            .bind(short(&failure.error)),
            Settled::Wait { until, held, failure } => sqlx::query(
                "UPDATE outbox SET attempts = greatest(attempts - 1, 0), next_attempt_at = $2, held = $3,
                     last_trouble = coalesce($4, last_trouble), last_error = coalesce($5, last_error)
                 WHERE id = ANY ($1) AND state = 'pending'",
            )
            .bind(ids)
            .bind(at(*until))
            .bind(*held)
            .bind(failure.as_ref().map(|failure| failure.trouble.as_str()))
            .bind(failure.as_ref().map(|failure| short(&failure.error))),
            Settled::Dead { failure } => sqlx::query(
                "UPDATE outbox SET state = 'dead', last_trouble = $2, last_error = $3
                 WHERE id = ANY ($1) AND state = 'pending'",
            )
            .bind(ids)
            .bind(failure.trouble.as_str())
            .bind(short(&failure.error)),
        };
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// One delivery.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Delivery> {
        let statement = format!("SELECT {COLUMNS} FROM outbox o WHERE o.id = $1");
        let row: Option<DeliveryRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(id.0).fetch_optional(&self.pool).await?;
        row.ok_or_else(|| not_found(id))?.try_into()
    }

    /// Deliveries, latest first.
    pub async fn deliveries(&self, query: &DeliveryQuery) -> Result<DeliveryPage> {
        let limit = query.limit.clamp(1, 1000);
        let mut sql = QueryBuilder::new("SELECT ");
        sql.push(COLUMNS).push(" FROM outbox o WHERE true");
        if !query.states.is_empty() {
            let states: Vec<&str> = query.states.iter().map(|state| state.as_str()).collect();
            sql.push(" AND o.state = ANY (").push_bind(states).push(")");
        }
        if let Some(channel) = query.channel {
            sql.push(" AND o.channel_id = ").push_bind(channel.0);
        }
        if let Some(item) = query.item {
            sql.push(" AND o.item_id = ").push_bind(item.0);
        }
        if let Some(roots) = query.visible.roots() {
            sql.push(" AND o.channel_id IN (SELECT c.id FROM channels c WHERE true");
            push_below(&mut sql, "c.place_id", roots);
            sql.push(")");
        }
        if let Some(DeliveryCursor { created_at, id }) = query.cursor {
            sql.push(" AND (o.created_at, o.id) < (").push_bind(at(created_at)).push(", ");
            sql.push_bind(id.0).push(")");
        }
        sql.push(" ORDER BY o.created_at DESC, o.id DESC LIMIT ").push_bind(i64::from(limit) + 1);
        let rows: Vec<DeliveryRow> = sql.build_query_as().fetch_all(&self.pool).await?;
        let more = rows.len() > limit as usize;
        let items: Vec<Delivery> =
            rows.into_iter().take(limit as usize).map(Delivery::try_from).collect::<Result<_>>()?;
        let last = items.last().filter(|_| more);
        let next = last.map(|last| DeliveryCursor { created_at: last.created_at, id: last.id });
        Ok(DeliveryPage { items, next })
    }

    /// Has a delivery that was given up tried again, under the same key. `Invalid` where it was not given up.
    pub async fn resend_delivery(&self, id: DeliveryId) -> Result<Delivery> {
        let done = sqlx::query(
            "UPDATE outbox SET state = 'pending', attempts = 0, next_attempt_at = now()
             WHERE id = $1 AND state = 'dead'",
        )
        .bind(id.0)
        .execute(&self.pool)
        .await?;
        let delivery = self.delivery(id).await?;
        if done.rows_affected() == 0 {
            return Err(IndexError::Invalid {
                field: "delivery_id",
                problem: format!(
                    "it is {}: only one that was given up is sent again",
                    delivery.state.as_str()
                ),
            });
        }
        Ok(delivery)
    }

    /// How many items of each severity are open at a place itself.
    pub async fn open_items_at(&self, place: PlaceId) -> Result<BTreeMap<Severity, u64>> {
        let statement = format!(
            "SELECT severity, count(*) FROM review_items WHERE place_id = $1 AND state IN {OPEN} GROUP BY severity"
        );
        let rows: Vec<(i16, i64)> =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(place.0).fetch_all(&self.pool).await?;
        let mut open: BTreeMap<Severity, u64> = Severity::ALL.iter().map(|severity| (*severity, 0)).collect();
        for (level, count) in rows {
            let what = "a count of review items";
            open.insert(severity(what, level)?, unsigned(what, count)?);
        }
        Ok(open)
    }

    /// Gives up what has waited for longer than this, on a channel that is off or has had no quota. Returns how many.
    pub async fn expire_deliveries(&self, waited: Duration) -> Result<u64> {
        let done = sqlx::query(
            "UPDATE outbox SET state = 'dead', last_trouble = coalesce(last_trouble, $2),
                 last_error = coalesce(last_error, 'it waited for too long')
             WHERE state = 'pending' AND created_at < now() - $1::interval",
        )
        .bind(interval(waited))
        .bind(DeliveryTrouble::Expired.as_str())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }

    /// Forgets what went out, and what was given up, longer ago than this. Returns how many.
    pub async fn forget_deliveries(&self, sent: Duration, dead: Duration) -> Result<u64> {
        let done = sqlx::query(
            "DELETE FROM outbox WHERE (state = 'sent' AND sent_at < now() - $1::interval)
                OR (state = 'dead' AND next_attempt_at < now() - $2::interval)",
        )
        .bind(interval(sent))
        .bind(interval(dead))
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}
