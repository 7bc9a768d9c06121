//! The statement of an event search.

use std::time::Duration;

use domain::TimeRange;
use sqlx::QueryBuilder;
use sqlx::postgres::Postgres;

use super::{EventCursor, EventQuery};
use crate::columns::{at, interval};

/// Events that last longer are found through an index of their own; see `events_long` in the migrations.
const LONG: Duration = Duration::from_mins(10);

/// Beyond so many index ranges, reading one in order of time and leaving out what does not match is cheaper.
const MOST_RANGES: usize = 192;

/// The viewpoints that a query allows.
pub(super) struct Viewpoints {
    pub(super) ids: Vec<i32>,
    /// They are all that there are: a role at the root of the tree must not make a search slower.
    pub(super) every: bool,
}

/// A query whose places have been found.
pub(super) struct Search<'a> {
    pub(super) query: &'a EventQuery,
    pub(super) viewpoints: Option<Viewpoints>,
}

impl Search<'_> {
    fn classes(&self) -> Option<Vec<&'static str>> {
        let classes = &self.query.classes;
        (!classes.is_empty()).then(|| classes.iter().map(|class| class.as_str()).collect())
    }

    /// The keys of the page, newest first.
    pub(super) fn push_page(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        cursor: Option<EventCursor>,
        limit: i64,
    ) {
        sql.push("SELECT id, first_seen FROM (");
        self.push_ranges(sql, cursor, limit);
        if let Some(range) = self.query.range {
            sql.push(" UNION ALL (");
            self.push_long(sql, "e.id, e.first_seen", range, cursor);
            sql.push(" ORDER BY first_seen DESC, id DESC LIMIT ").push_bind(limit).push(")");
        }
        sql.push(") found ORDER BY first_seen DESC, id DESC LIMIT ").push_bind(limit);
    }

    /// The newest of each index range: one for each viewpoint, class, or both, that is asked for.
    fn push_ranges(&self, sql: &mut QueryBuilder<Postgres>, cursor: Option<EventCursor>, limit: i64) {
        let classes = self.classes();
        let most = MOST_RANGES / classes.as_ref().map_or(1, Vec::len);
        let apart =
            self.viewpoints.as_ref().filter(|viewpoints| !viewpoints.every && viewpoints.ids.len() <= most);
        sql.push("SELECT newest.id, newest.first_seen FROM (VALUES (1)) one");
        if let Some(viewpoints) = apart {
            sql.push(" CROSS JOIN unnest(").push_bind(viewpoints.ids.clone());
            sql.push("::int[]) AS at (viewpoint_id)");
        }
        if let Some(classes) = &classes {
            sql.push(" CROSS JOIN unnest(").push_bind(classes.clone()).push("::text[]) AS of (class)");
        }
        sql.push(" CROSS JOIN LATERAL (SELECT e.id, e.first_seen FROM events e WHERE true");
        if apart.is_some() {
            sql.push(" AND e.viewpoint_id = at.viewpoint_id");
        } else {
            self.push_viewpoints(sql);
        }
        if classes.is_some() {
            sql.push(" AND e.class = of.class");
        }
        self.push_short(sql, cursor);
        sql.push(" ORDER BY e.first_seen DESC, e.id DESC LIMIT ").push_bind(limit).push(") newest");
    }

    /// These columns of every event that matches, in no order.
    pub(super) fn push_all(&self, sql: &mut QueryBuilder<Postgres>, columns: &str) {
        sql.push("SELECT ").push(columns).push(" FROM events e WHERE true");
        self.push_sets(sql);
        self.push_short(sql, None);
        if let Some(range) = self.query.range {
            sql.push(" UNION ALL ");
            self.push_long(sql, columns, range, None);
        }
    }

    fn push_viewpoints(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(viewpoints) = &self.viewpoints {
            sql.push(" AND e.viewpoint_id = ANY (").push_bind(viewpoints.ids.clone()).push(")");
        }
    }

    fn push_sets(&self, sql: &mut QueryBuilder<Postgres>) {
        self.push_viewpoints(sql);
        if let Some(classes) = self.classes() {
            sql.push(" AND e.class = ANY (").push_bind(classes).push(")");
        }
    }

    /// In the time asked for, except what had begun long before it.
    fn push_short(&self, sql: &mut QueryBuilder<Postgres>, cursor: Option<EventCursor>) {
        if let Some(range) = self.query.range {
            sql.push(" AND e.first_seen >= ").push_bind(at(range.from - LONG));
            sql.push(" AND e.last_seen >= ").push_bind(at(range.from));
            sql.push(" AND e.first_seen < ").push_bind(at(range.to));
        }
        self.push_rest(sql, cursor);
    }

    /// What began long before the time asked for and lasted into it.
    fn push_long(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        columns: &str,
        range: TimeRange,
        cursor: Option<EventCursor>,
    ) {
        // The first condition is the one of the partial index, word for word.
        sql.push("SELECT ").push(columns).push(
            " FROM events e WHERE e.last_seen - e.first_seen > interval '10 minutes' \
             AND tstzrange(e.first_seen, e.last_seen, '[]') @> ",
        );
        sql.push_bind(at(range.from)).push(" AND e.first_seen < ").push_bind(at(range.from - LONG));
        self.push_sets(sql);
        self.push_rest(sql, cursor);
    }

    fn push_rest(&self, sql: &mut QueryBuilder<Postgres>, cursor: Option<EventCursor>) {
        if let Some(score) = self.query.min_score {
            sql.push(" AND e.score >= ").push_bind(score);
        }
        if let Some(moving) = self.query.moving {
            sql.push(" AND e.stationary = ").push_bind(!moving);
        }
        if let Some(duration) = self.query.min_duration {
            sql.push(" AND e.last_seen - e.first_seen >= ").push_bind(interval(duration));
        }
        if let Some(duration) = self.query.max_duration {
            sql.push(" AND e.last_seen - e.first_seen <= ").push_bind(interval(duration));
        }
        if let Some(EventCursor { first_seen, id }) = cursor {
            // The first bound leaves out partitions, the second is exact.
            sql.push(" AND e.first_seen <= ").push_bind(at(first_seen));
            sql.push(" AND (e.first_seen, e.id) < (").push_bind(at(first_seen)).push(", ");
            sql.push_bind(id.0).push(")");
        }
    }
}
