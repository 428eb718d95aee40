//! How our types lie in columns.

use rusqlite::Error;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::store::{Queue, Setting};
use crate::types::{
    ChannelKind, ContactId, ConversationId, Day, Delivery, EnvelopeId, MessageClass, MessageId,
    Standing, Tick, Trust, Wall,
};

macro_rules! blob_column {
    ($($name:ident)*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>, Error> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_slice())))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <[u8; 16]>::column_result(value).map(Self)
            }
        }
    )*};
}

macro_rules! u32_column {
    ($($name:ident)*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>, Error> {
                Ok(ToSqlOutput::from(self.0))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                u32::column_result(value).map(Self)
            }
        }
    )*};
}

/// A plain enum as a number; a number never changes its meaning.
macro_rules! enum_column {
    ($name:ident { $($number:literal = $variant:ident),* $(,)? }) => {
        impl ToSql for $name {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>, Error> {
                Ok(ToSqlOutput::from(match self { $(Self::$variant => $number,)* }))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_i64()? {
                    $($number => Ok(Self::$variant),)*
                    other => Err(FromSqlError::OutOfRange(other)),
                }
            }
        }
    };
}

blob_column!(EnvelopeId MessageId ConversationId ContactId);
u32_column!(Tick Day);
enum_column!(ChannelKind { 0 = Public, 1 = Keyed });
enum_column!(MessageClass { 0 = Text, 1 = Sos });
enum_column!(Standing { 0 = Asking, 1 = Accepted, 2 = Blocked });
enum_column!(Trust { 0 = Unverified, 1 = Introduced, 2 = Verified });
enum_column!(Queue {
    0 = Unacknowledged,
    1 = Early,
    2 = Unsealed,
    3 = Operations,
    4 = Marks,
    8 = Introductions,
});
enum_column!(Setting { 0 = Reachable, 1 = Receipts, 8 = Codes });
enum_column!(Delivery {
    0 = Waiting,
    1 = WithMesh,
    2 = Delivered,
    3 = Read,
    4 = Received,
});

// Times saturate at the end of u64, beyond what a column holds, and come from
// strangers' clocks: the bits are kept, nothing in SQL compares them.
impl ToSql for Wall {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, Error> {
        Ok(ToSqlOutput::from(self.0.cast_signed()))
    }
}

impl FromSql for Wall {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(value.as_i64()?.cast_unsigned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files that people have hold these numbers.
    #[test]
    fn numbers_of_people_are_those_that_the_schema_names() {
        fn number(of: &impl ToSql) -> i64 {
            match of.to_sql().unwrap() {
                ToSqlOutput::Owned(value) => i64::column_result((&value).into()).unwrap(),
                _ => -1,
            }
        }
        let standings = [Standing::Asking, Standing::Accepted, Standing::Blocked];
        assert_eq!(standings.map(|of| number(&of)), [0, 1, 2]);
        let trusts = [Trust::Unverified, Trust::Introduced, Trust::Verified];
        assert_eq!(trusts.map(|of| number(&of)), [0, 1, 2]);
        let queues = [
            Queue::Unacknowledged,
            Queue::Early,
            Queue::Unsealed,
            Queue::Operations,
            Queue::Marks,
            Queue::Introductions,
        ];
        assert_eq!(queues.map(|of| number(&of)), [0, 1, 2, 3, 4, 8]);
        let settings = [Setting::Reachable, Setting::Receipts, Setting::Codes];
        assert_eq!(settings.map(|of| number(&of)), [0, 1, 8]);
    }

    #[test]
    fn number_that_no_variant_has_is_an_error() {
        for number in [-1, 3, i64::MAX] {
            let column = ValueRef::Integer(number);
            assert!(Standing::column_result(column).is_err(), "{number}");
            assert!(Trust::column_result(column).is_err(), "{number}");
        }
        assert!(Queue::column_result(ValueRef::Integer(5)).is_err());
        assert!(Setting::column_result(ValueRef::Integer(2)).is_err());
    }
}
