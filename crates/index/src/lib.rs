//! Everything PostgreSQL: migrations, statements, the private cluster, the spool.
//!
//! [`Index`] is a pool of connections with one typed function for each thing that is asked of the database;
//! no other crate writes SQL. Functions are grouped by what they are about, one module each. What the
//! recorder and analysis produce all day goes through [`Writer`], which waits out a missing database.

mod access;
mod activity;
mod audit;
mod bells;
mod cameras;
mod cases;
mod channels;
pub mod cluster;
pub mod codec;
mod columns;
mod condition;
mod database;
mod error;
mod events;
mod footage;
mod gaps;
mod holds;
mod outbox;
mod partitions;
mod people;
mod placed;
mod places;
mod quiet;
mod reports;
mod retention;
mod review;
mod rings;
mod rules;
mod settings;
mod shifts;
mod sounders;
mod vault;
mod writer;

pub use access::{SessionUser, Token};
pub use audit::{AuditCursor, AuditEntry, AuditPage, AuditQuery, NewAuditEntry};
pub use cameras::{CameraChange, NewCamera};
pub use cases::{CasePage, CaseQuery, NewCaseItem, NewExport};
pub use channels::NewChannel;
pub use cluster::{ClusterError, ClusterSettings, PrivateCluster};
pub use condition::{GapSum, StreamStock};
pub use database::{DatabaseConfig, Index, PoolState};
pub use error::{Field, IndexError, Result};
pub use events::{Columns, EventCounts, EventCursor, EventPage, EventQuery, MOST_LOOKED, Total, Visibility};
pub use footage::{RecordedRange, SegmentKey};
pub use holds::{Hold, NewHold};
pub use outbox::{ChannelPulse, DeliveryCursor, DeliveryFailure, DeliveryPage, DeliveryQuery, Settled};
pub use partitions::Partitioned;
pub use people::{RoleAt, User, UserChange};
pub use places::{NewPlace, PlaceChange};
pub use quiet::Hushed;
pub use reports::{NewReport, Report, ReportPage, ReportQuery};
pub use retention::{CameraBytes, StoredSegment};
pub use review::{NewStep, ReviewCursor, ReviewPage, ReviewQuery, StepTaken};
pub use rings::{RingPage, RingQuery};
pub use shifts::{ShiftPage, ShiftQuery};
pub use vault::{Vault, VaultError};
pub use writer::{Record, Writer, WriterError, WriterHandle, WriterLimits, spool};
