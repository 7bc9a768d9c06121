//! Flagged events: what rules flagged, and what officers made of it.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    CameraId, DismissReason, EventId, Firing, MessageKind, Officer, PlaceId, ReviewItem, ReviewItemId,
    ReviewState, ReviewStep, Sentence, Severity, Timestamp, UserId,
};
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::columns::{at, corrupt, interval, parse, unsigned};
use crate::places::{ids, push_below};
use crate::{Index, IndexError, Result, Visibility, outbox, quiet};

/// Footage before the first and after the last firing that is held with a confirmed or escalated item.
const HELD_AROUND: Duration = Duration::from_mins(1);
/// Footage that is held after a firing of what shows where it happened, where no camera saw it itself.
const HELD_AFTER: Duration = Duration::from_mins(5);

/// Which review items to list. Everything that is set must hold; an empty list does not restrict.
#[derive(Clone, Debug, Default)]
pub struct ReviewQuery {
    /// In one of these states.
    pub states: Vec<ReviewState>,
    /// Of one of these severities.
    pub severities: Vec<Severity>,
    /// Assigned to one of these places or below.
    pub places: Vec<PlaceId>,
    /// What the asker may see.
    pub visible: Visibility,
    /// Of equally bad ones the newest first instead of the oldest.
    pub newest_first: bool,
    /// Go on after this item.
    pub cursor: Option<ReviewCursor>,
    /// Most items to return, 1 to 1000.
    pub limit: u32,
}

/// Where a page of items ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewCursor {
    /// Severity of the page's last item.
    pub severity: Severity,
    /// When it was flagged first.
    pub first_at: Timestamp,
    /// Its identifier.
    pub id: ReviewItemId,
}

/// Items, the worst first, then the oldest.
#[derive(Clone, Debug)]
pub struct ReviewPage {
    /// The items.
    pub items: Vec<ReviewItem>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<ReviewCursor>,
}

/// Something that was done with an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepTaken {
    /// When.
    pub at: Timestamp,
    /// Who; `None` for the server itself, and where the account is gone.
    pub user_id: Option<UserId>,
    /// The name, as it was then.
    pub username: String,
    /// What was done.
    pub step: ReviewStep,
    /// The state that it led to.
    pub state: ReviewState,
    /// What was written down.
    pub note: Option<String>,
    /// Why it was dismissed.
    pub reason: Option<DismissReason>,
}

/// A step to take.
#[derive(Clone, Debug)]
pub struct NewStep {
    /// What to do.
    pub step: ReviewStep,
    /// Who does it; `None` for the server itself.
    pub user_id: Option<UserId>,
    /// The name.
    pub username: String,
    /// What to write down; why, where an item is dismissed.
    pub note: Option<String>,
    /// Why an item is dismissed, as one of a few reasons. Some of these teach its cameras to be quiet.
    pub reason: Option<DismissReason>,
}

#[derive(FromRow)]
pub(crate) struct ItemRow {
    id: Uuid,
    place_id: Uuid,
    assigned_place_id: Uuid,
    camera_id: Option<Uuid>,
    rule_name: String,
    severity: i16,
    state: String,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    firings: i64,
    why_vi: String,
    why_en: String,
    officer_id: Option<Uuid>,
    officer_name: Option<String>,
    officer_at: Option<DateTime<Utc>>,
    dismissed_because: Option<String>,
    version: i64,
}

impl TryFrom<ItemRow> for ReviewItem {
    type Error = IndexError;
    fn try_from(row: ItemRow) -> Result<Self> {
        let what = format!("review item {}", row.id);
        let officer = row.officer_name.zip(row.officer_at).map(|(username, at)| Officer {
            user_id: row.officer_id.map(UserId),
            username,
            at: at.into(),
        });
        Ok(Self {
            id: ReviewItemId(row.id),
            place_id: PlaceId(row.place_id),
            assigned_place_id: PlaceId(row.assigned_place_id),
            camera_id: row.camera_id.map(CameraId),
            rule_name: row.rule_name,
            severity: severity(&what, row.severity)?,
            state: parse(&what, &row.state)?,
            first_at: row.first_at.into(),
            last_at: row.last_at.into(),
            firings: unsigned(&what, row.firings)?,
            why: Sentence { vi: row.why_vi, en: row.why_en },
            officer,
            dismissed_because: row.dismissed_because,
            version: row.version,
        })
    }
}

#[derive(FromRow)]
struct StepRow {
    at: DateTime<Utc>,
    user_id: Option<Uuid>,
    username: String,
    step: String,
    state: String,
    note: Option<String>,
    reason: Option<String>,
}

pub(crate) const COLUMNS: &str = "i.id, i.place_id, i.assigned_place_id, i.camera_id, i.rule_name, i.severity, i.state, \
    i.first_at, i.last_at, i.firings, i.why_vi, i.why_en, i.officer_id, i.officer_name, i.officer_at, \
    i.dismissed_because, i.version";

/// The states in which somebody still has to do something, see [`ReviewState::is_open`].
pub(crate) const OPEN: &str = "('new', 'taken', 'escalated')";

/// Severities as they stand in a column, so that it sorts.
fn level(severity: Severity) -> i16 {
    severity as i16
}

/// A severity from its column.
pub(crate) fn severity(what: &str, level: i16) -> Result<Severity> {
    let severity = usize::try_from(level).ok().and_then(|level| Severity::ALL.get(level));
    severity.copied().ok_or_else(|| corrupt(what, "its severity is none"))
}

/// Writes firings and the items that they belong to. A firing that is there already changes nothing.
pub(crate) async fn write(connection: &mut PgConnection, firings: &[&Firing]) -> Result<()> {
    for firing in firings {
        let why = Sentence::of(&firing.rule, &firing.measured);
        // The item first: a firing refers to it. Its figures are those of its firings, whenever they come.
        let opened = sqlx::query(
            "INSERT INTO review_items (id, place_id, assigned_place_id, camera_id, rule_id, rule_name, severity,
                 state, first_at, last_at, firings, why_vi, why_en)
             VALUES ($1, $2, $2, $3, $4, $5, $6, 'new', $7, $7, 0, $8, $9) ON CONFLICT (id) DO NOTHING",
        )
        .bind(firing.item_id.0)
        .bind(firing.place_id.0)
        .bind(firing.camera_id.map(|camera| camera.0))
        .bind(firing.rule.id.0)
        .bind(&firing.rule.spec.name)
        .bind(level(firing.rule.spec.severity))
        .bind(at(firing.at))
        .bind(why.vi)
        .bind(why.en)
        .execute(&mut *connection)
        .await?;
        if opened.rows_affected() > 0 {
            outbox::enqueue(connection, firing.item_id, MessageKind::New).await?;
        }
        let inserted = sqlx::query(
            "INSERT INTO firings (id, item_id, rule_id, camera_id, at, event_id, firing)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        )
        .bind(firing.id.0)
        .bind(firing.item_id.0)
        .bind(firing.rule.id.0)
        .bind(firing.camera_id.map(|camera| camera.0))
        .bind(at(firing.at))
        .bind(firing.event_id.map(|event| event.0))
        .bind(Json(firing))
        .execute(&mut *connection)
        .await?;
        if inserted.rows_affected() == 0 {
            continue;
        }
        sqlx::query(
            "UPDATE review_items SET first_at = least(first_at, $2), last_at = greatest(last_at, $2),
                 firings = firings + 1 WHERE id = $1",
        )
        .bind(firing.item_id.0)
        .bind(at(firing.at))
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "UPDATE holds SET ends_at = greatest(ends_at, $3)
             WHERE item_id = $1 AND camera_id = $2 AND released_at IS NULL",
        )
        .bind(firing.item_id.0)
        .bind(firing.camera_id.map(|camera| camera.0))
        .bind(at(firing.at + HELD_AROUND))
        .execute(&mut *connection)
        .await?;
        if firing.rule.spec.severity == Severity::Alarm {
            hold_around(&mut *connection, firing).await?;
        }
    }
    Ok(())
}

/// Holds at once what the cameras around show, or holds more of it where it fired again.
async fn hold_around(connection: &mut PgConnection, firing: &Firing) -> Result<()> {
    for near in &firing.cameras {
        let longer = sqlx::query(
            "UPDATE holds SET ends_at = greatest(ends_at, $3) WHERE item_id = $1 AND camera_id = $2",
        )
        .bind(firing.item_id.0)
        .bind(near.camera_id.0)
        .bind(at(firing.at + HELD_AFTER))
        .execute(&mut *connection)
        .await?;
        if longer.rows_affected() > 0 {
            continue;
        }
        sqlx::query(
            "INSERT INTO holds (id, camera_id, starts_at, ends_at, reason, item_id)
             SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS (SELECT FROM cameras WHERE id = $2)",
        )
        .bind(Uuid::now_v7())
        .bind(near.camera_id.0)
        .bind(at(firing.at - HELD_AROUND))
        .bind(at(firing.at + HELD_AFTER))
        .bind(&firing.rule.spec.name)
        .bind(firing.item_id.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

impl Index {
    /// Review items, the worst first, then the oldest or the newest.
    pub async fn review_items(&self, query: &ReviewQuery) -> Result<ReviewPage> {
        let limit = query.limit.clamp(1, 1000);
        let mut sql = QueryBuilder::new("SELECT ");
        sql.push(COLUMNS).push(" FROM review_items i");
        push_filter(&mut sql, query);
        let (after, order) = if query.newest_first { ("<", "DESC") } else { (">", "ASC") };
        if let Some(ReviewCursor { severity, first_at, id }) = query.cursor {
            sql.push(" AND (i.severity < ").push_bind(level(severity));
            sql.push(" OR (i.severity = ").push_bind(level(severity));
            sql.push(format_args!(" AND (i.first_at, i.id) {after} ("))
                .push_bind(at(first_at))
                .push(", ")
                .push_bind(id.0)
                .push(")))");
        }
        sql.push(format_args!(" ORDER BY i.severity DESC, i.first_at {order}, i.id {order} LIMIT "));
        sql.push_bind(i64::from(limit) + 1);
        let rows: Vec<ItemRow> = sql.build_query_as().fetch_all(&self.pool).await?;
        let more = rows.len() > limit as usize;
        let items: Vec<ReviewItem> =
            rows.into_iter().take(limit as usize).map(ReviewItem::try_from).collect::<Result<_>>()?;
        let last = items.last().filter(|_| more);
        let next =
            last.map(|last| ReviewCursor { severity: last.severity, first_at: last.first_at, id: last.id });
        Ok(ReviewPage { items, next })
    }

    /// How many items there are in each state, cursor and limit aside.
    pub async fn count_review_items(&self, query: &ReviewQuery) -> Result<HashMap<ReviewState, u64>> {
        let mut sql = QueryBuilder::new("SELECT i.state, count(*) FROM review_items i");
        push_filter(&mut sql, query);
        sql.push(" GROUP BY i.state");
        let rows: Vec<(String, i64)> = sql.build_query_as().fetch_all(&self.pool).await?;
        let count = |(state, count): (String, i64)| {
            Ok((parse("a review item", &state)?, unsigned("a count of review items", count)?))
        };
        rows.into_iter().map(count).collect()
    }

    /// One item. The caller checks the right at `place_id`.
    pub async fn review_item(&self, id: ReviewItemId) -> Result<ReviewItem> {
        let mut connection = self.pool.acquire().await?;
        fetch(&mut connection, id).await
    }

    /// The firings of an item, in order of time; at most so many.
    pub async fn firings(&self, id: ReviewItemId, limit: u32) -> Result<Vec<Firing>> {
        let mut connection = self.pool.acquire().await?;
        firings(&mut connection, id, limit).await
    }

    /// The firings that an event is behind, in order of time.
    pub async fn firings_of_event(&self, event: EventId) -> Result<Vec<Firing>> {
        let rows: Vec<serde_json::Value> =
            sqlx::query_scalar("SELECT firing FROM firings WHERE event_id = $1 ORDER BY at, id LIMIT 100")
                .bind(event.0)
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(read_firing).collect()
    }

    /// What was done with an item, in order.
    pub async fn review_steps(&self, id: ReviewItemId) -> Result<Vec<StepTaken>> {
        let rows: Vec<StepRow> = sqlx::query_as(
            "SELECT at, user_id, username, step, state, note, reason FROM review_steps
             WHERE item_id = $1 ORDER BY number",
        )
        .bind(id.0)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: StepRow| {
            Ok(StepTaken {
                at: row.at.into(),
                user_id: row.user_id.map(UserId),
                username: row.username,
                step: parse("a review step", &row.step)?,
                state: parse("a review step", &row.state)?,
                note: row.note,
                reason: row.reason.map(|reason| parse("a review step", &reason)).transpose()?,
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Takes a step with an item, and holds its footage where it is confirmed or escalated: all or nothing.
    /// `Conflict` unless it has `version`; `Invalid` where the step cannot be taken from its state.
    pub async fn take_review_step(
        &self,
        id: ReviewItemId,
        version: i64,
        new: &NewStep,
    ) -> Result<ReviewItem> {
        let mut transaction = self.pool.begin().await?;
        let statement = format!("SELECT {COLUMNS} FROM review_items i WHERE i.id = $1 FOR UPDATE");
        let row: Option<ItemRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(id.0)
            .fetch_optional(&mut *transaction)
            .await?;
        let item: ReviewItem = row.ok_or_else(|| not_found(id))?.try_into()?;
        if item.version != version {
            return Err(IndexError::Conflict { what: "review item", have: item.version });
        }
        let state = item.state.after(new.step).ok_or_else(|| IndexError::Invalid {
            field: "step",
            problem: format!("an item that is {} cannot be given the step {}", item.state, new.step),
        })?;
        sqlx::query(
            "UPDATE review_items i SET state = $2,
                 state_since = CASE WHEN state = $2 THEN state_since ELSE now() END,
                 officer_id = CASE WHEN $6 THEN $3 ELSE officer_id END,
                 officer_name = CASE WHEN $6 THEN $4 ELSE officer_name END,
                 officer_at = CASE WHEN $6 THEN now() ELSE officer_at END,
                 dismissed_because = CASE WHEN $2 = 'dismissed' THEN coalesce($5, dismissed_because) END,
                 assigned_place_id = CASE WHEN $2 = 'escalated' AND $6 THEN coalesce(
                     (SELECT parent_id FROM places WHERE id = i.assigned_place_id), i.assigned_place_id)
                     ELSE assigned_place_id END,
                 version = version + 1 WHERE id = $1",
        )
        .bind(id.0)
        .bind(state.as_str())
        .bind(new.user_id.map(|user| user.0))
        .bind(&new.username)
        .bind(new.note.as_deref().or(new.reason.map(DismissReason::as_str)))
        .bind(new.step != ReviewStep::Note)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO review_steps (item_id, user_id, username, step, state, note, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id.0)
        .bind(new.user_id.map(|user| user.0))
        .bind(&new.username)
        .bind(new.step.as_str())
        .bind(state.as_str())
        .bind(&new.note)
        .bind(new.reason.map(DismissReason::as_str))
        .execute(&mut *transaction)
        .await?;
        match (new.step, new.reason) {
            (ReviewStep::Dismiss, Some(reason)) if reason.teaches() => {
                quiet::teach(&mut transaction, &item, reason).await?;
            }
            (ReviewStep::Reopen, _) => quiet::take_back(&mut transaction, item.id).await?,
            _ => {}
        }
        if matches!(new.step, ReviewStep::Confirm | ReviewStep::Escalate) {
            hold(&mut transaction, &item, new).await?;
        }
        if new.step == ReviewStep::Escalate {
            outbox::enqueue(&mut transaction, id, MessageKind::Escalated).await?;
        } else if item.state.is_open() && !state.is_open() {
            outbox::enqueue(&mut transaction, id, MessageKind::Resolved).await?;
        } else if !item.state.is_open() && state.is_open() {
            outbox::enqueue(&mut transaction, id, MessageKind::Reopened).await?;
        }
        let item = fetch(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(item)
    }

    /// Items of a severity that have been new for longer than this, the oldest first.
    pub async fn neglected_items(
        &self,
        severity: Severity,
        longer_than: Duration,
    ) -> Result<Vec<ReviewItem>> {
        let statement = format!(
            "SELECT {COLUMNS} FROM review_items i
             WHERE i.severity = $1 AND i.state = 'new' AND i.state_since < now() - $2::interval
             ORDER BY i.first_at LIMIT 100"
        );
        let rows: Vec<ItemRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(level(severity))
            .bind(interval(longer_than))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(ReviewItem::try_from).collect()
    }
}

fn push_filter(sql: &mut QueryBuilder<sqlx::Postgres>, query: &ReviewQuery) {
    sql.push(" WHERE true");
    if !query.states.is_empty() {
        let states: Vec<&str> = query.states.iter().map(|state| state.as_str()).collect();
        sql.push(" AND i.state = ANY (").push_bind(states).push(")");
    }
    if !query.severities.is_empty() {
        let levels: Vec<i16> = query.severities.iter().map(|severity| level(*severity)).collect();
        sql.push(" AND i.severity = ANY (").push_bind(levels).push(")");
    }
    if !query.places.is_empty() {
        push_below(sql, "i.assigned_place_id", ids(&query.places));
    }
    if let Some(roots) = query.visible.roots() {
        push_below(sql, "i.place_id", roots);
    }
}

/// The firings of an item, in order of time; at most so many.
pub(crate) async fn firings(
    connection: &mut PgConnection,
    id: ReviewItemId,
    limit: u32,
) -> Result<Vec<Firing>> {
    let rows: Vec<serde_json::Value> =
        sqlx::query_scalar("SELECT firing FROM firings WHERE item_id = $1 ORDER BY at, id LIMIT $2")
            .bind(id.0)
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(read_firing).collect()
}

fn read_firing(row: serde_json::Value) -> Result<Firing> {
    serde_json::from_value(row).map_err(|error| corrupt("a firing", error))
}

fn not_found(id: ReviewItemId) -> IndexError {
    IndexError::NotFound { what: "review item", id: id.to_string() }
}

async fn fetch(connection: &mut PgConnection, id: ReviewItemId) -> Result<ReviewItem> {
    let statement = format!("SELECT {COLUMNS} FROM review_items i WHERE i.id = $1");
    let row: Option<ItemRow> =
        sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(id.0).fetch_optional(connection).await?;
    row.ok_or_else(|| not_found(id))?.try_into()
}

/// Holds the footage of every camera behind an item, unless it is held for it already.
async fn hold(connection: &mut PgConnection, item: &ReviewItem, by: &NewStep) -> Result<()> {
    let cameras: Vec<(Uuid, DateTime<Utc>, DateTime<Utc>)> = sqlx::query_as(
        "SELECT f.camera_id, min(f.at), max(f.at) FROM firings f
         WHERE f.item_id = $1 AND f.camera_id IS NOT NULL AND NOT EXISTS (SELECT FROM holds h
             WHERE h.item_id = $1 AND h.camera_id = f.camera_id AND h.released_at IS NULL)
         GROUP BY f.camera_id",
    )
    .bind(item.id.0)
    .fetch_all(&mut *connection)
    .await?;
    for (camera, first, last) in cameras {
        sqlx::query(
            "INSERT INTO holds (id, camera_id, starts_at, ends_at, reason, user_id, item_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(Uuid::now_v7())
        .bind(camera)
        .bind(at(Timestamp::from(first) - HELD_AROUND))
        .bind(at(Timestamp::from(last) + HELD_AROUND))
        .bind(&item.rule_name)
        .bind(by.user_id.map(|user| user.0))
        .bind(item.id.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_and_the_program_agree_on_what_is_open() {
        let open = ReviewState::ALL.iter().filter(|state| state.is_open());
        let names: Vec<_> = open.map(|state| format!("'{state}'")).collect();
        assert_eq!(OPEN, format!("({})", names.join(", ")));
    }
}
