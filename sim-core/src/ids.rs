//! Typed indices: an index belongs to one table of the [`Model`](crate::model::Model).

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The row this index names.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The index of row `row`. Panics beyond `u32`.
            #[inline]
            pub fn from_index(row: usize) -> Self {
                $name(u32::try_from(row).expect("a table has fewer than 2^32 rows"))
            }
        }
    )*};
}

ids! {
    /// A source of requests.
    LoadId;
    /// A service or external dependency.
    ServiceId;
    /// An endpoint of a service.
    EndpointId;
    /// One replica, counted over all services.
    ReplicaId;
    /// A caller (load or service) and a callee service.
    EdgeId;
    /// A place in a flow (or a load's mix) that calls an endpoint.
    SiteId;
    /// A policy stack in force on one or more call sites.
    PlanId;
    /// The network between a caller and a callee.
    LinkId;
    /// A place to fail.
    ZoneId;
    /// A scheduled or recurring fault.
    FaultId;
    /// An operator's action during the run.
    ChangeId;
    /// A run of steps that happen one after another.
    BlockId;
    /// A request class.
    ClassId;
}
