//! Who calls whom.

use brownout_viz::figure::{Call, Figure, Level, Node, NodeKind, Topology};

pub fn figures() -> Vec<(&'static str, Figure)> {
    vec![
        ("topology", Figure::Topology(shop())),
        ("topology-200", Figure::Topology(two_hundred())),
    ]
}

fn node(name: &str, kind: NodeKind, level: Level, detail: &str) -> Node {
    Node {
        name: name.to_owned(),
        kind,
        level,
        detail: detail.to_owned(),
        origin: false,
        reached: level >= Level::Strained,
    }
}

fn call(from: usize, to: usize, per_s: f64, failed: f64) -> Call {
    Call {
        from,
        to,
        per_s: Some(per_s),
        failed_ratio: Some(failed),
    }
}

pub fn shop() -> Topology {
    let mut nodes = vec![
        node("shoppers", NodeKind::Load, Level::Broken, "goodput 8 %"),
        node("robots", NodeKind::Load, Level::Normal, "goodput 100 %"),
        node("web", NodeKind::Service, Level::Broken, "p99 4.0 s"),
        node("catalogue", NodeKind::Service, Level::Normal, "p99 45 ms"),
        node("app", NodeKind::Service, Level::Broken, "util 100 %"),
        node("search", NodeKind::Service, Level::Strained, "success 91 %"),
        node("cache", NodeKind::Store, Level::Normal, "hits 94 %"),
        node("db", NodeKind::Store, Level::Broken, "p99 2.1 s"),
        node("payments", NodeKind::External, Level::Unknown, "not called"),
    ];
    nodes[7].origin = true;
    Topology {
        title: "The shop at 11m, one minute after the database slowed down".to_owned(),
        at_s: Some(660.0),
        nodes,
        calls: vec![
            call(0, 2, 1_200.0, 0.92),
            call(1, 3, 80.0, 0.0),
            call(2, 4, 3_100.0, 0.88),
            call(2, 3, 400.0, 0.0),
            call(3, 6, 480.0, 0.0),
            call(4, 7, 8_700.0, 0.71),
            call(4, 5, 300.0, 0.09),
            call(5, 7, 900.0, 0.3),
            call(4, 8, 0.0, 0.0),
            // Back again: search tells app what is popular.
            call(5, 4, 20.0, 0.0),
        ],
    }
}

fn two_hundred() -> Topology {
    let mut nodes = vec![
        node("users", NodeKind::Load, Level::Strained, ""),
        node("gateway", NodeKind::Service, Level::Strained, ""),
    ];
    let mut calls = vec![call(0, 1, 5_000.0, 0.04)];
    for at in 0..18 {
        let level = if at % 7 == 3 { Level::Strained } else { Level::Normal };
        nodes.push(node(&format!("team-{at:02}"), NodeKind::Service, level, ""));
        calls.push(call(1, nodes.len() - 1, 280.0, 0.0));
    }
    for at in 0..120 {
        let level = if at == 57 {
            Level::Broken
        } else if at % 31 == 3 {
            Level::Strained
        } else {
            Level::Normal
        };
        nodes.push(node(&format!("svc-{at:03}"), NodeKind::Service, level, ""));
        calls.push(call(2 + at % 18, nodes.len() - 1, 40.0, 0.0));
        if at % 5 == 0 {
            calls.push(call(2 + (at * 7) % 18, nodes.len() - 1, 10.0, 0.01));
        }
    }
    for at in 0..60 {
        let level = if at == 21 { Level::Broken } else { Level::Normal };
        nodes.push(node(&format!("store-{at:02}"), NodeKind::Store, level, ""));
        calls.push(call(20 + at * 2, nodes.len() - 1, 60.0, 0.0));
        calls.push(call(20 + (at * 11) % 120, nodes.len() - 1, 20.0, 0.0));
    }
    nodes[20 + 120 + 21].origin = true;
    Topology {
        title: "Two hundred parts".to_owned(),
        at_s: Some(42.0),
        nodes,
        calls,
    }
}
