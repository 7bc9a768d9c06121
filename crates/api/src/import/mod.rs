//! Many cameras from a table: the file is read into rows of text, the rows are checked one by one.

pub(crate) mod columns;
pub(crate) mod row;
pub(crate) mod table;
