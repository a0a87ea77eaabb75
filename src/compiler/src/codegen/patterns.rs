//! `match`: patterns keep the subject and their captures on the stack until the whole pattern has matched.

use super::{Compiler, Res};
use crate::ast::{is_constant, is_pattern_number, is_star_wildcard, is_wildcard};
use crate::code::Const;
use crate::ir::{Label, Loc};
use crate::opcode::{Op, binary};
use ruff_python_ast::{
    CmpOp, Expr, Operator, Pattern, PatternMatchAs, PatternMatchClass, PatternMatchMapping,
    PatternMatchOr, Singleton, StmtMatch, UnaryOp,
};
use ruff_text_size::{Ranged, TextRange};

/// State of the pattern being compiled.
#[derive(Default)]
struct Context {
    /// Names captured so far; their values lie on the stack in this order.
    stores: Vec<String>,
    allow_irrefutable: bool,
    /// `fail_pop[n]` pops n values, then goes on with the next case.
    fail_pop: Vec<Label>,
    /// Values above the captures.
    on_top: usize,
}

impl<'a> Compiler<'a> {
    pub fn match_stmt(&mut self, s: &'a StmtMatch) -> Res {
        self.expr(&s.subject)?;
        let end = self.label();
        let Some((last, _)) = s.cases.split_last() else {
            return Ok(());
        };
        let has_default = is_wildcard(&last.pattern) && s.cases.len() > 1;
        let tested = s.cases.len() - usize::from(has_default);
        for (index, case) in s.cases[..tested].iter().enumerate() {
            let loc = self.loc(&case.pattern);
            let keeps_subject = index + 1 != tested;
            if keeps_subject {
                self.op_i(Op::COPY, 1, loc);
            }
            let allow_irrefutable = case.guard.is_some() || index + 1 == s.cases.len();
            let mut pc = Context {
                allow_irrefutable,
                ..Context::default()
            };
            self.pattern(&case.pattern, &mut pc)?;
            for name in std::mem::take(&mut pc.stores) {
                self.store(&name, loc)?;
            }
            if let Some(guard) = &case.guard {
                self.ensure_fail_pop(&mut pc, 0);
                self.jump_if(guard, pc.fail_pop[0], false)?;
            }
            if keeps_subject {
                self.op(Op::POP_TOP, Loc::NEXT);
            }
            self.stmts(&case.body)?;
            self.jump(Op::JUMP, end, Loc::NONE);
            self.emit_fail_pop(&mut pc, loc);
        }
        if has_default {
            let loc = self.loc(&last.pattern);
            if s.cases.len() == 1 {
                self.op(Op::POP_TOP, loc);
            } else {
                self.op(Op::NOP, loc);
            }
            if let Some(guard) = &last.guard {
                self.jump_if(guard, end, false)?;
            }
            self.stmts(&last.body)?;
        }
        self.put(end);
        Ok(())
    }

    fn ensure_fail_pop(&mut self, pc: &mut Context, pops: usize) {
        while pc.fail_pop.len() <= pops {
            let label = self.label();
            pc.fail_pop.push(label);
        }
    }

    fn jump_to_fail_pop(&mut self, pc: &mut Context, op: Op, loc: Loc) {
        let pops = pc.on_top + pc.stores.len();
        self.ensure_fail_pop(pc, pops);
        self.jump(op, pc.fail_pop[pops], loc);
    }

    fn emit_fail_pop(&mut self, pc: &mut Context, loc: Loc) {
        while let Some(label) = pc.fail_pop.pop() {
            self.put(label);
            if !pc.fail_pop.is_empty() {
                self.op(Op::POP_TOP, loc);
            }
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern, pc: &mut Context) -> Res {
        stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, || {
            self.pattern_inner(pattern, pc)
        })
    }

    /// A pattern inside another may always match.
    fn subpattern(&mut self, pattern: &'a Pattern, pc: &mut Context) -> Res {
        let old = std::mem::replace(&mut pc.allow_irrefutable, true);
        self.pattern(pattern, pc)?;
        pc.allow_irrefutable = old;
        Ok(())
    }

    fn pattern_inner(&mut self, pattern: &'a Pattern, pc: &mut Context) -> Res {
        let loc = self.loc(pattern);
        match pattern {
            Pattern::MatchValue(p) => {
                self.pattern_value(
                    &p.value,
                    "patterns may only match literals and attribute lookups",
                )?;
                self.compare_op(CmpOp::Eq, loc);
                self.op(Op::TO_BOOL, loc);
                self.jump_to_fail_pop(pc, Op::POP_JUMP_IF_FALSE, loc);
                Ok(())
            }
            Pattern::MatchSingleton(p) => {
                let value = match p.value {
                    Singleton::None => Const::None,
                    Singleton::True => Const::True,
                    Singleton::False => Const::False,
                };
                self.load_const(value, loc);
                self.compare_op(CmpOp::Is, loc);
                self.jump_to_fail_pop(pc, Op::POP_JUMP_IF_FALSE, loc);
                Ok(())
            }
            Pattern::MatchSequence(p) => self.sequence_pattern(&p.patterns, loc, pc),
            Pattern::MatchMapping(p) => self.mapping_pattern(p, loc, pc),
            Pattern::MatchClass(p) => self.class_pattern(p, loc, pc),
            Pattern::MatchStar(p) => self.capture(p.name.as_ref().map(|n| n.as_str()), p.range, pc),
            Pattern::MatchAs(p) => self.as_pattern(p, loc, pc),
            Pattern::MatchOr(p) => self.or_pattern(p, loc, pc),
        }
    }

    /// A literal or a dotted name.
    fn pattern_value(&mut self, value: &'a Expr, msg: &str) -> Res {
        if let Some(number) = self.pattern_number(value)? {
            let loc = self.loc(value);
            self.load_const(number, loc);
            return Ok(());
        }
        if !(is_constant(value) || matches!(value, Expr::Attribute(_))) {
            return self.error(msg, value.range());
        }
        self.expr(value)
    }

    /// Signed and complex numbers are constants in patterns.
    fn pattern_number(&self, value: &Expr) -> Res<Option<Const>> {
        if !is_pattern_number(value) {
            return Ok(None);
        }
        Ok(match value {
            Expr::UnaryOp(e) if e.op == UnaryOp::USub => self.constant(&e.operand)?.map(negated),
            Expr::BinOp(e) => match (self.pattern_number(&e.left)?, self.constant(&e.right)?) {
                (Some(real), Some(Const::Complex(_, imag))) => {
                    let real = match real {
                        Const::Int(i) => i as f64,
                        Const::BigInt(i) => {
                            num_traits::ToPrimitive::to_f64(&*i).unwrap_or(f64::INFINITY)
                        }
                        Const::Float(f) => f,
                        _ => return Ok(None),
                    };
                    match e.op {
                        Operator::Add => Some(Const::Complex(real, imag)),
                        Operator::Sub => Some(Const::Complex(real, -imag)),
                        _ => None,
                    }
                }
                _ => None,
            },
            _ => self.constant(value)?,
        })
    }

    /// Moves the top below `count - 1` other values.
    fn rotate(&mut self, mut count: usize, loc: Loc) {
        while count > 1 {
            self.op_i(Op::SWAP, count as u32, loc);
            count -= 1;
        }
    }

    fn capture(&mut self, name: Option<&str>, range: TextRange, pc: &mut Context) -> Res {
        let loc = self.src.loc(range);
        let Some(name) = name else {
            self.op(Op::POP_TOP, loc);
            return Ok(());
        };
        if pc.stores.iter().any(|n| n == name) {
            return self.error(
                format!("multiple assignments to name '{name}' in pattern"),
                range,
            );
        }
        self.rotate(pc.on_top + pc.stores.len() + 1, loc);
        pc.stores.push(name.to_string());
        Ok(())
    }

    fn as_pattern(&mut self, p: &'a PatternMatchAs, loc: Loc, pc: &mut Context) -> Res {
        let name = p.name.as_ref().map(|name| name.as_str());
        let Some(inner) = &p.pattern else {
            if !pc.allow_irrefutable {
                let msg = match name {
                    Some(name) => {
                        format!("name capture '{name}' makes remaining patterns unreachable")
                    }
                    None => "wildcard makes remaining patterns unreachable".to_string(),
                };
                return self.error(msg, p.range);
            }
            return self.capture(name, p.range, pc);
        };
        pc.on_top += 1;
        self.op_i(Op::COPY, 1, loc);
        self.pattern(inner, pc)?;
        pc.on_top -= 1;
        self.capture(name, p.range, pc)
    }

    fn length_check(&mut self, length: usize, op: CmpOp, loc: Loc, pc: &mut Context) {
        self.op(Op::GET_LEN, loc);
        self.load_int(length, loc);
        self.compare_op(op, loc);
        self.jump_to_fail_pop(pc, Op::POP_JUMP_IF_FALSE, loc);
    }

    fn sequence_pattern(&mut self, patterns: &'a [Pattern], loc: Loc, pc: &mut Context) -> Res {
        let size = patterns.len();
        let mut star = None;
        let mut star_wildcard = false;
        let mut only_wildcards = true;
        for (index, pattern) in patterns.iter().enumerate() {
            if matches!(pattern, Pattern::MatchStar(_)) {
                if star.is_some() {
                    return self.error_at("multiple starred names in sequence pattern", loc);
                }
                star_wildcard = is_star_wildcard(pattern);
                only_wildcards &= star_wildcard;
                star = Some(index);
            } else {
                only_wildcards &= is_wildcard(pattern);
            }
        }
        pc.on_top += 1;
        self.op(Op::MATCH_SEQUENCE, loc);
        self.jump_to_fail_pop(pc, Op::POP_JUMP_IF_FALSE, loc);
        match star {
            None => self.length_check(size, CmpOp::Eq, loc, pc),
            Some(_) if size > 1 => self.length_check(size - 1, CmpOp::GtE, loc, pc),
            Some(_) => {}
        }
        pc.on_top -= 1;
        if only_wildcards {
            self.op(Op::POP_TOP, loc);
            return Ok(());
        }
        match star {
            Some(star) if star_wildcard => self.sequence_by_index(patterns, star, loc, pc),
            _ => {
                self.unpack_op(size, star, "pattern", loc)?;
                pc.on_top += size;
                for pattern in patterns {
                    pc.on_top -= 1;
                    self.subpattern(pattern, pc)?;
                }
                Ok(())
            }
        }
    }

    /// With `*_`, only the items that matter are fetched.
    fn sequence_by_index(
        &mut self,
        patterns: &'a [Pattern],
        star: usize,
        loc: Loc,
        pc: &mut Context,
    ) -> Res {
        pc.on_top += 1;
        let size = patterns.len();
        for (index, pattern) in patterns.iter().enumerate() {
            if index == star || is_wildcard(pattern) {
                continue;
            }
            self.op_i(Op::COPY, 1, loc);
            if index < star {
                self.load_int(index, loc);
            } else {
                // Negative indices may mean something else to the subject.
                self.op(Op::GET_LEN, loc);
                self.load_int(size - index, loc);
                self.op_i(Op::BINARY_OP, binary::SUBTRACT, loc);
            }
            self.op_i(Op::BINARY_OP, binary::SUBSCR, loc);
            self.subpattern(pattern, pc)?;
        }
        pc.on_top -= 1;
        self.op(Op::POP_TOP, loc);
        Ok(())
    }

    fn mapping_pattern(&mut self, p: &'a PatternMatchMapping, loc: Loc, pc: &mut Context) -> Res {
        let size = p.keys.len();
        pc.on_top += 1;
        self.op(Op::MATCH_MAPPING, loc);
        self.jump_to_fail_pop(pc, Op::POP_JUMP_IF_FALSE, loc);
        if size == 0 && p.rest.is_none() {
            pc.on_top -= 1;
            self.op(Op::POP_TOP, loc);
            return Ok(());
        }
        if size > 0 {
            self.length_check(size, CmpOp::GtE, loc, pc);
        }
        let mut seen: Vec<Const> = Vec::new();
        for key in &p.keys {
            let value = match self.pattern_number(key)? {
                Some(number) => Some(number),
                None => self.constant(key)?,
            };
            if let Some(value) = value {
                if seen.iter().any(|known| same_key(known, &value)) {
                    let msg = format!(
                        "mapping pattern checks duplicate key ({})",
                        const_repr(&value)
                    );
                    return self.error_at(msg, loc);
                }
                seen.push(value);
            }
            self.pattern_value(
                key,
                "mapping pattern keys may only match literals and attribute lookups",
            )?;
        }
        self.op_i(Op::BUILD_TUPLE, size as u32, loc);
        self.op(Op::MATCH_KEYS, loc);
        // On the stack: subject, keys, values.
        pc.on_top += 2;
        self.op_i(Op::COPY, 1, loc);
        self.load_none(loc);
        self.op_i(Op::IS_OP, 1, loc);
        self.jump_to_fail_pop(pc, Op::POP_JUMP_IF_FALSE, loc);
        self.op_i(Op::UNPACK_SEQUENCE, size as u32, loc);
        pc.on_top += size;
        pc.on_top -= 1;
        for pattern in &p.patterns {
            pc.on_top -= 1;
            self.subpattern(pattern, pc)?;
        }
        pc.on_top -= 2;
        match &p.rest {
            Some(rest) => {
                self.op_i(Op::BUILD_MAP, 0, loc);
                self.op_i(Op::SWAP, 3, loc);
                self.op_i(Op::DICT_UPDATE, 2, loc);
                self.op_i(Op::UNPACK_SEQUENCE, size as u32, loc);
                for left in (1..=size).rev() {
                    self.op_i(Op::COPY, left as u32 + 1, loc);
                    self.op_i(Op::SWAP, 2, loc);
                    self.op(Op::DELETE_SUBSCR, loc);
                }
                self.capture(Some(rest.as_str()), p.range, pc)
            }
            None => {
                self.op(Op::POP_TOP, loc);
                self.op(Op::POP_TOP, loc);
                Ok(())
            }
        }
    }

    fn class_pattern(&mut self, p: &'a PatternMatchClass, loc: Loc, pc: &mut Context) -> Res {
        let positional = &p.arguments.patterns;
        let keywords = &p.arguments.keywords;
        for (index, keyword) in keywords.iter().enumerate() {
            let name = keyword.attr.as_str();
            if let Some(again) = keywords[index + 1..]
                .iter()
                .find(|other| other.attr.as_str() == name)
            {
                let msg = format!("attribute name repeated in class pattern: {name}");
                return self.error(msg, again.pattern.range());
            }
        }
        self.expr(&p.cls)?;
        let names = keywords
            .iter()
            .map(|keyword| Const::str(keyword.attr.as_str()))
            .collect();
        self.load_const(Const::Tuple(names), loc);
        self.op_i(Op::MATCH_CLASS, positional.len() as u32, loc);
        self.op_i(Op::COPY, 1, loc);
        self.load_none(loc);
        self.op_i(Op::IS_OP, 1, loc);
        pc.on_top += 1;
        self.jump_to_fail_pop(pc, Op::POP_JUMP_IF_FALSE, loc);
        let count = positional.len() + keywords.len();
        self.op_i(Op::UNPACK_SEQUENCE, count as u32, loc);
        pc.on_top += count;
        pc.on_top -= 1;
        for pattern in positional
            .iter()
            .chain(keywords.iter().map(|keyword| &keyword.pattern))
        {
            pc.on_top -= 1;
            if is_wildcard(pattern) {
                self.op(Op::POP_TOP, loc);
                continue;
            }
            self.subpattern(pattern, pc)?;
        }
        Ok(())
    }

    fn or_pattern(&mut self, p: &'a PatternMatchOr, loc: Loc, pc: &mut Context) -> Res {
        let end = self.label();
        let mut control: Vec<String> = Vec::new();
        let count = p.patterns.len();
        for (index, alternative) in p.patterns.iter().enumerate() {
            let at = self.loc(alternative);
            let mut inner = Context {
                allow_irrefutable: index + 1 == count && pc.allow_irrefutable,
                ..Context::default()
            };
            self.op_i(Op::COPY, 1, at);
            self.pattern(alternative, &mut inner)?;
            if index == 0 {
                control = inner.stores.clone();
            } else {
                if inner.stores.len() != control.len() {
                    return self.error("alternative patterns bind different names", p.range);
                }
                // Bring the captures into the order of the first alternative.
                for want in (0..control.len()).rev() {
                    let Some(have) = inner.stores.iter().position(|name| *name == control[want])
                    else {
                        return self.error("alternative patterns bind different names", p.range);
                    };
                    if have == want {
                        continue;
                    }
                    let moved: Vec<String> = inner.stores.drain(..=have).collect();
                    let rotations = moved.len();
                    let target = want - have;
                    inner.stores.splice(target..target, moved);
                    for _ in 0..rotations {
                        self.rotate(want + 1, at);
                    }
                }
            }
            self.jump(Op::JUMP_NO_INTERRUPT, end, at);
            self.emit_fail_pop(&mut inner, at);
        }
        self.op(Op::POP_TOP, loc);
        self.jump_to_fail_pop(pc, Op::JUMP, loc);
        self.put(end);
        let rotation = control.len() + 1 + pc.on_top + pc.stores.len();
        for name in control {
            self.rotate(rotation, loc);
            if pc.stores.contains(&name) {
                return self.error(
                    format!("multiple assignments to name '{name}' in pattern"),
                    p.range,
                );
            }
            pc.stores.push(name);
        }
        self.op(Op::POP_TOP, loc);
        Ok(())
    }
}

/// Whether two keys are equal in Python: numbers compare across their types.
fn same_key(a: &Const, b: &Const) -> bool {
    let number = |value: &Const| match value {
        Const::True => Some((1.0, 0.0)),
        Const::False => Some((0.0, 0.0)),
        Const::Int(i) => Some((*i as f64, 0.0)),
        Const::Float(f) => Some((*f, 0.0)),
        Const::Complex(re, im) => Some((*re, *im)),
        _ => None,
    };
    match (a, b) {
        (Const::Int(a), Const::Int(b)) => a == b,
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
    }
}

fn negated(value: Const) -> Const {
    match value {
        Const::Int(i) => Const::int(-num_bigint::BigInt::from(i)),
        Const::BigInt(i) => Const::int(-*i),
        Const::Float(f) => Const::Float(-f),
        Const::Complex(re, im) => Const::Complex(-re, -im),
        other => other,
    }
}

/// A key as an error message shows it.
fn const_repr(value: &Const) -> String {
    match value {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Int(i) => i.to_string(),
        Const::BigInt(i) => i.to_string(),
        Const::Float(f) => format!("{f:?}"),
        Const::Complex(_, im) => format!("{im}j"),
        Const::Str(s) => format!("'{}'", String::from_utf8_lossy(s.as_bytes())),
        Const::Bytes(b) => format!("b'{}'", b.escape_ascii()),
        _ => "...".into(),
    }
}
