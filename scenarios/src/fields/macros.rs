//! The macros that declare tables.

/// Declares a struct with its fields' description and reading.
///
/// `name [as "key"]: Type = reader, rule, "example as TOML";`
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        pub struct $id:ident $name:literal {
            $(
                $(#[doc = $field_doc:literal])+
                $field:ident $(as $key:literal)? : $ty:ty = $reader:expr, $rule:expr, $example:literal;
            )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $id {
            $(
                $(#[doc = $field_doc])+
                pub $field: $ty,
            )*
        }

        impl $crate::fields::Block for $id {
            fn info() -> &'static $crate::fields::TableInfo {
                static INFO: $crate::fields::TableInfo = $crate::fields::TableInfo {
                    id: stringify!($id),
                    name: $name,
                    doc: concat!($($doc),+),
                    fields: &[$(
                        $crate::fields::FieldInfo {
                            name: $crate::fields::field_name!($field $($key)?),
                            doc: concat!($($field_doc),+),
                            shape: || $crate::fields::Slot::shape(&$reader),
                            rule: $rule,
                            example: $example,
                            check: |cx, table| {
                                $crate::fields::Slot::take(
                                    &$reader, cx, table, $crate::fields::field_name!($field $($key)?)
                                );
                            },
                        },
                    )*],
                };
                &INFO
            }

            #[allow(unused_variables)]
            fn fields(cx: &mut $crate::fields::Cx<'_>, table: &$crate::document::Table) -> $id {
                $id {
                    $(
                        $field: cx.field($rule, |cx| $crate::fields::Slot::take(
                            &$reader, cx, table, $crate::fields::field_name!($field $($key)?)
                        )),
                    )*
                }
            }
        }
    };
}

/// A field's key: its name, unless that is no word a struct may use.
macro_rules! field_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

/// Declares an enum of tables told apart by `kind`.
macro_rules! kinds {
    (
        $(#[doc = $doc:literal])+
        pub enum $id:ident $name:literal default $default:literal {
            $($kind:literal => $variant:ident($table:ty),)+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "there are few in a file, each read once")]
        pub enum $id {
            $(
                #[doc = concat!("`kind = \"", $kind, "\"`")]
                $variant($table),
            )+
        }

        impl $crate::fields::Form for $id {
            fn shape() -> $crate::fields::Shape {
                $crate::fields::Shape::Kinds(
                    $name,
                    $default,
                    vec![$(($kind, <$table as $crate::fields::Block>::info())),+],
                )
            }

            fn from_table(
                cx: &mut $crate::fields::Cx<'_>,
                table: &$crate::document::Table,
                at: $crate::document::Place,
            ) -> Option<$id> {
                match $crate::fields::kind_of(cx, table, $default, &[$($kind),+])? {
                    $($kind => Some($id::$variant($crate::fields::block::<$table>(cx, table, at, &["kind"]))),)+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use {field_name, kinds, table};
