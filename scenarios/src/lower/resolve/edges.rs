//! Edges: who calls whom.

use brownout_sim_core::ids::{EdgeId, EndpointId, ServiceId};
use brownout_sim_core::model::Caller;

use super::lists::{Resolved, Unresolved};
use super::{Directory, Origin};
use crate::syntax::address::EdgeAddress;
use crate::syntax::either;

impl Directory {
    /// Checks that both sides of an edge's address exist; with edges known, also that one of them fits.
    pub fn edge(&self, edge: &EdgeAddress) -> Result<(Resolved, Resolved), Unresolved> {
        let (from, to) = (self.address(&edge.from)?, self.address(&edge.to)?);
        if to.services.is_empty() {
            let what = if to.loads.is_empty() { "a zone" } else { "a load" };
            let error = Unresolved::new(
                edge.to.at.clone(),
                format!("`{}` is {what}, which cannot be called", edge.to),
            );
            return Err(error.help(if to.loads.is_empty() {
                format!("write `* -> * @ {}`", edge.to)
            } else {
                format!("write `{} -> ...`", edge.to)
            }));
        }
        if from.loads.is_empty() && from.services.is_empty() {
            let error = Unresolved::new(
                edge.from.at.clone(),
                format!("`{}` is a zone, which calls nothing", edge.from),
            );
            return Err(error.help(format!("write `* @ {} -> {}`", edge.from, edge.to)));
        }
        Ok((from, to))
    }

    /// The edges that an address means. Fails where a side does not exist, and where no caller of the one side ever calls
    /// the other.
    pub fn edges(&self, edge: &EdgeAddress) -> Result<Vec<EdgeId>, Unresolved> {
        let (from, to) = self.edge(edge)?;
        let fits = |&(caller, callee): &(Caller, ServiceId)| from.has_caller(caller) && to.services.contains(&callee);
        let found: Vec<EdgeId> = (0..self.lists.edges.len())
            .filter(|it| fits(&self.lists.edges[*it]))
            .map(EdgeId::from_index)
            .collect();
        if found.is_empty() {
            Err(self.never_calls(edge, &from))
        } else {
            Ok(found)
        }
    }

    /// The lanes (an edge and one endpoint of its callee) that an address means; fails as [`Directory::edges`] does.
    pub fn lanes(&self, edge: &EdgeAddress) -> Result<Vec<u32>, Unresolved> {
        let (from, to) = self.edge(edge)?;
        let fits = |&(edge, endpoint): &(EdgeId, EndpointId)| {
            let (caller, callee) = self.lists.edges[edge.index()];
            from.has_caller(caller) && to.services.contains(&callee) && to.endpoint.is_none_or(|it| it == endpoint)
        };
        let found: Vec<u32> = (0..self.lists.lanes.len())
            .filter(|it| fits(&self.lists.lanes[*it]))
            .map(|it| it as u32)
            .collect();
        if found.is_empty() {
            Err(self.never_calls(edge, &from))
        } else {
            Ok(found)
        }
    }

    fn never_calls(&self, edge: &EdgeAddress, from: &Resolved) -> Unresolved {
        let error = Unresolved::new(edge.at(), format!("`{}` never calls `{}`", edge.from, edge.to));
        let mut called: Vec<&str> = self
            .lists
            .edges
            .iter()
            .filter(|it| from.has_caller(it.0))
            .map(|it| self.lists.services[it.1.index()].name.as_str())
            .collect();
        called.sort_unstable();
        called.dedup();
        match called.as_slice() {
            [] => error.help(format!("`{}` calls nothing", edge.from)),
            _ => error.help(format!("it calls {}", either(called).replace(" or ", " and "))),
        }
    }

    /// Whether a policy or link at `edge` is in force on calls from `from` to `to`, ignoring zones; names that do not exist
    /// fit nothing.
    pub fn fits(&self, edge: &EdgeAddress, from: Origin, to: EndpointId) -> bool {
        let (Ok(caller), Ok(callee)) = (self.address(&edge.from), self.address(&edge.to)) else {
            return false;
        };
        let from_fits = match from {
            Origin::Load(load) => caller.loads.contains(&load),
            Origin::Endpoint(endpoint) => {
                caller.services.contains(&self.lists.endpoints[endpoint.index()].0)
                    && caller.endpoint.is_none_or(|it| it == endpoint)
            }
        };
        let service = self.lists.endpoints[to.index()].0;
        from_fits && callee.services.contains(&service) && callee.endpoint.is_none_or(|it| it == to)
    }
}
