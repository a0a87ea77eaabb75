//! A packrat interpreter for the notation of `grammar`.
//!
//! It never builds a tree: a match is where it ends. What matters is which tokens were looked at, since a plain
//! "invalid syntax" points at the last of them, and which of the rules for mistakes matches first.

use super::actions;
use super::grammar::GRAMMAR;
use super::lexer::{Stop, Tok, Token, Tokens};
use crate::error::CompileError;
use crate::source::Source;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a single token must be.
#[derive(Debug, Clone)]
enum Want {
    Kind(Tok),
    /// An operator or keyword.
    Text(String),
    /// A name with this spelling.
    Soft(String),
    SoftKeyword,
}

#[derive(Debug)]
enum Node {
    Token(Want),
    Rule(usize),
    Optional(Box<Node>),
    Repeat(Box<Node>, usize),
    Gather(Box<Node>, Want),
    Group(Vec<Alt>),
    Ahead(Box<Node>, bool),
    Forced(String),
    Cut,
    Capture(char, Box<Node>),
}

#[derive(Debug)]
struct Alt {
    items: Vec<Node>,
    action: Option<Action>,
}

/// What an alternative does when it has matched.
#[derive(Debug)]
pub enum Action {
    At(char, String),
    Range(char, char, String),
    From(char, String),
    Next(String),
    Last(String),
    Indent(String),
    Do(String),
}

struct Rule {
    name: String,
    memo: bool,
    alts: Vec<Alt>,
}

struct Grammar {
    rules: Vec<Rule>,
    index: HashMap<String, usize>,
}

static PARSED: LazyLock<Grammar> = LazyLock::new(|| Reader::read(GRAMMAR));

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];
const SOFT_KEYWORDS: [&str; 4] = ["_", "case", "match", "type"];

/// The rules whose results CPython keeps. It keeps them without regard to whether mistakes were looked for, so
/// which rules these are decides what is found.
const MEMO: [&str; 31] = [
    "simple_stmt",
    "block",
    "star_expression",
    "expression",
    "disjunction",
    "conjunction",
    "inversion",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_and",
    "shift_expr",
    "sum",
    "term",
    "factor",
    "await_primary",
    "primary",
    "t_primary",
    "strings",
    "arguments",
    "star_target",
    "target_with_star_atom",
    "del_target",
    "type_param",
    "closed_pattern",
    "star_pattern",
    "invalid_named_expression",
    "dotted_name",
    "attr",
    "name_or_attr",
    "lambda_params",
    "star_named_expression",
];

/// Reads the notation.
struct Reader<'g> {
    words: Vec<&'g str>,
    at: usize,
    index: HashMap<String, usize>,
}

impl<'g> Reader<'g> {
    fn read(text: &'g str) -> Grammar {
        let mut texts: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            if line.starts_with(' ') {
                if let Some((_, body)) = texts.last_mut() {
                    body.push(' ');
                    body.push_str(line.trim());
                }
            } else if let Some((name, body)) = line.split_once(": ") {
                texts.push((name.to_string(), body.to_string()));
            }
        }
        let index: HashMap<String, usize> = texts
            .iter()
            .enumerate()
            .map(|(i, (name, _))| (name.clone(), i))
            .collect();
        let rules = texts
            .iter()
            .map(|(name, body)| {
                let mut reader = Reader {
                    words: words(body),
                    at: 0,
                    index: index.clone(),
                };
                Rule {
                    name: name.clone(),
                    memo: MEMO.contains(&name.as_str()),
                    alts: reader.alts(),
                }
            })
            .collect();
        Grammar { rules, index }
    }

    fn peek(&self) -> &'g str {
        self.words.get(self.at).copied().unwrap_or("")
    }
    fn next(&mut self) -> &'g str {
        let word = self.peek();
        self.at += 1;
        word
    }
    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        self.at += usize::from(found);
        found
    }

    fn alts(&mut self) -> Vec<Alt> {
        let mut alts = vec![self.alt()];
        while self.take("|") {
            alts.push(self.alt());
        }
        alts
    }

    fn alt(&mut self) -> Alt {
        let mut items = Vec::new();
        while !matches!(self.peek(), "" | "|" | ")" | "]" | "=>") {
            items.push(self.item());
        }
        let action = self.take("=>").then(|| self.action());
        Alt { items, action }
    }

    fn action(&mut self) -> Action {
        let name = |word: &str| word.chars().next().unwrap_or('a');
        match self.next() {
            "at" => Action::At(name(self.next()), self.message()),
            "range" => Action::Range(name(self.next()), name(self.next()), self.message()),
            "from" => Action::From(name(self.next()), self.message()),
            "next" => Action::Next(self.message()),
            "last" => Action::Last(self.message()),
            "indent" => Action::Indent(self.message()),
            _ => Action::Do(self.next().to_string()),
        }
    }
    fn message(&mut self) -> String {
        self.next()
            .trim_matches('"')
            .replace("\\\"", "\"")
            .to_string()
    }

    fn item(&mut self) -> Node {
        if self.take("~") {
            return Node::Cut;
        }
        if self.take("&&") {
            return Node::Forced(unquoted(self.next()));
        }
        if self.take("&") {
            return Node::Ahead(Box::new(self.item()), true);
        }
        if self.take("!") {
            return Node::Ahead(Box::new(self.item()), false);
        }
        if self.words.get(self.at + 1) == Some(&"=") {
            let name = self.next().chars().next().unwrap_or('a');
            self.at += 1;
            return Node::Capture(name, Box::new(self.item()));
        }
        let node = self.primary();
        if self.take("?") {
            return Node::Optional(Box::new(node));
        }
        if self.take("*") {
            return Node::Repeat(Box::new(node), 0);
        }
        if self.take("+") {
            return Node::Repeat(Box::new(node), 1);
        }
        if self.take("++") {
            return Node::Gather(Box::new(node), Want::Text(unquoted(self.next())));
        }
        node
    }

    fn primary(&mut self) -> Node {
        let word = self.next();
        match word {
            "(" => {
                let alts = self.alts();
                self.take(")");
                Node::Group(alts)
            }
            "[" => {
                let alts = self.alts();
                self.take("]");
                Node::Optional(Box::new(Node::Group(alts)))
            }
            _ if word.starts_with('\'') => Node::Token(Want::Text(unquoted(word))),
            _ if word.starts_with('"') => Node::Token(Want::Soft(unquoted(word))),
            _ => {
                let kind = match word {
                    "NAME" => Tok::Name,
                    "NUMBER" => Tok::Number,
                    "STRING" => Tok::String,
                    "NEWLINE" => Tok::Newline,
                    "INDENT" => Tok::Indent,
                    "DEDENT" => Tok::Dedent,
                    "ENDMARKER" => Tok::End,
                    "FSTART" => Tok::FStart,
                    "FMIDDLE" => Tok::FMiddle,
                    "FEND" => Tok::FEnd,
                    "TSTART" => Tok::TStart,
                    "TMIDDLE" => Tok::TMiddle,
                    "TEND" => Tok::TEnd,
                    "SOFT_KEYWORD" => return Node::Token(Want::SoftKeyword),
                    _ => {
                        return Node::Rule(
                            *self
                                .index
                                .get(word)
                                .unwrap_or_else(|| panic!("no rule {word}")),
                        );
                    }
                };
                Node::Token(Want::Kind(kind))
            }
        }
    }
}

fn unquoted(word: &str) -> String {
    word.trim_matches(|c| c == '\'' || c == '"').to_string()
}

/// Cuts a rule's text into words.
fn words(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b' ' => {
                at += 1;
                continue;
            }
            quote @ (b'\'' | b'"') => {
                at += 1;
                while bytes[at] != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b'&' if bytes.get(at + 1) == Some(&b'&') => at += 2,
            b'+' if bytes.get(at + 1) == Some(&b'+') => at += 2,
            b'=' if bytes.get(at + 1) == Some(&b'>') => at += 2,
            c if c.is_ascii_alphanumeric() || c == b'_' => {
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                    at += 1;
                }
            }
            _ => at += 1,
        }
        out.push(&text[start..at]);
    }
    out
}

/// Tokens `start..end` that a capture matched.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

type Captures = Vec<(char, Span)>;
type Matched = Result<Option<usize>, Box<CompileError>>;

/// One pass over the tokens.
pub struct Parser<'s> {
    pub src: &'s Source,
    pub tokens: &'s Tokens,
    /// How many tokens were asked for.
    pub fill: usize,
    /// Whether the parser asked for more tokens than there are.
    pub past_end: bool,
    find_mistakes: bool,
    memo: HashMap<(usize, usize), Option<usize>>,
    steps: u64,
    pub barry: bool,
}

/// Give up on sources that take longer; they get the parser's plain answer.
const MAX_STEPS: u64 = 60_000_000;

impl<'s> Parser<'s> {
    pub fn new(src: &'s Source, tokens: &'s Tokens, barry: bool) -> Parser<'s> {
        Parser {
            src,
            tokens,
            fill: 0,
            past_end: false,
            find_mistakes: false,
            memo: HashMap::new(),
            steps: 0,
            barry,
        }
    }

    /// Runs a start rule: how many tokens it matched. `Err` is an error found on the way.
    pub fn run(&mut self, start: &str, find_mistakes: bool) -> Matched {
        self.find_mistakes = find_mistakes;
        self.memo.clear();
        let Some(&rule) = PARSED.index.get(start) else {
            return Ok(None);
        };
        self.rule(rule, 0)
    }

    pub fn text(&self, token: &Token) -> &'s str {
        let text = self.src.text();
        let end = (token.end as usize).min(text.len());
        text.get((token.start as usize).min(end)..end).unwrap_or("")
    }

    /// The token at an index; asking for one behind the last raises what stopped the tokenizer.
    fn token(&mut self, at: usize) -> Result<Option<Token>, Box<CompileError>> {
        if let Some(&token) = self.tokens.list.get(at) {
            self.fill = self.fill.max(at + 1);
            return Ok(Some(token));
        }
        self.past_end = true;
        match &self.tokens.stop {
            Some(Stop::Error(error) | Stop::State(error)) => Err(Box::new(error.clone())),
            Some(Stop::Unclosed) => Err(Box::new(actions::unclosed(self.src, self.tokens))),
            None => Ok(None),
        }
    }

    fn wants(&mut self, want: &Want, at: usize) -> Matched {
        let Some(token) = self.token(at)? else {
            return Ok(None);
        };
        let fits = match want {
            Want::Kind(Tok::Name) => {
                token.kind == Tok::Name && !KEYWORDS.contains(&self.text(&token))
            }
            Want::Kind(kind) => token.kind == *kind,
            Want::Text(text) => {
                matches!(token.kind, Tok::Name | Tok::Op) && self.text(&token) == text
            }
            Want::Soft(text) => token.kind == Tok::Name && self.text(&token) == text,
            Want::SoftKeyword => {
                token.kind == Tok::Name && SOFT_KEYWORDS.contains(&self.text(&token))
            }
        };
        Ok(fits.then_some(at + 1))
    }

    fn rule(&mut self, index: usize, at: usize) -> Matched {
        let rule = &PARSED.rules[index];
        if rule.name.starts_with("invalid_") && !self.find_mistakes {
            return Ok(None);
        }
        let quiet = rule.name == "expression_without_invalid";
        let old = self.find_mistakes;
        if quiet {
            self.find_mistakes = false;
        }
        let result = match self.memo.get(&(index, at)) {
            Some(&known) if rule.memo => Ok(known),
            _ => {
                let result =
                    stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.alts(&rule.alts, at));
                if let (true, Ok(end)) = (rule.memo, &result) {
                    self.memo.insert((index, at), *end);
                }
                result
            }
        };
        self.find_mistakes = old;
        result
    }

    fn alts(&mut self, alts: &'static [Alt], at: usize) -> Matched {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Ok(None);
        }
        for alt in alts {
            let mut captures = Captures::new();
            let mut pos = at;
            let mut cut = false;
            let mut matched = true;
            for item in &alt.items {
                if matches!(item, Node::Cut) {
                    cut = true;
                    continue;
                }
                match self.node(item, pos, &mut captures)? {
                    Some(end) => pos = end,
                    None => {
                        matched = false;
                        break;
                    }
                }
            }
            if matched {
                let Some(action) = &alt.action else {
                    return Ok(Some(pos));
                };
                // An action that raises nothing makes the whole rule fail, unless it says otherwise.
                return Ok(actions::perform(self, action, &captures, pos)?.then_some(pos));
            }
            if cut {
                return Ok(None);
            }
        }
        Ok(None)
    }

    fn node(&mut self, node: &'static Node, at: usize, captures: &mut Captures) -> Matched {
        match node {
            Node::Token(want) => self.wants(want, at),
            Node::Rule(index) => self.rule(*index, at),
            Node::Optional(inner) => Ok(Some(self.node(inner, at, captures)?.unwrap_or(at))),
            Node::Repeat(inner, least) => {
                let (mut pos, mut count) = (at, 0);
                while let Some(end) = self.node(inner, pos, captures)? {
                    count += 1;
                    if end == pos {
                        break;
                    }
                    pos = end;
                }
                Ok((count >= *least).then_some(pos))
            }
            Node::Gather(inner, separator) => {
                let Some(mut pos) = self.node(inner, at, captures)? else {
                    return Ok(None);
                };
                while let Some(after) = self.wants(separator, pos)? {
                    match self.node(inner, after, captures)? {
                        Some(end) => pos = end,
                        None => break,
                    }
                }
                Ok(Some(pos))
            }
            Node::Group(alts) => self.group(alts, at, captures),
            Node::Ahead(inner, wanted) => {
                let found = self.node(inner, at, &mut Captures::new())?.is_some();
                Ok((found == *wanted).then_some(at))
            }
            Node::Forced(text) => match self.wants(&Want::Text(text.clone()), at)? {
                Some(end) => Ok(Some(end)),
                None => match self.token(at)? {
                    Some(token) => Err(Box::new(actions::at_token(
                        self,
                        &token,
                        format!("expected '{text}'"),
                    ))),
                    None => Ok(None),
                },
            },
            Node::Cut => Ok(Some(at)),
            Node::Capture(name, inner) => {
                let end = self.node(inner, at, captures)?;
                if let Some(end) = end {
                    captures.push((*name, Span { start: at, end }));
                }
                Ok(end)
            }
        }
    }

    /// A parenthesized choice; what it remembers belongs to the alternative around it.
    fn group(&mut self, alts: &'static [Alt], at: usize, captures: &mut Captures) -> Matched {
        for alt in alts {
            let kept = captures.len();
            let mut pos = Some(at);
            for item in &alt.items {
                let Some(here) = pos else { break };
                pos = self.node(item, here, captures)?;
            }
            if pos.is_some() {
                return Ok(pos);
            }
            captures.truncate(kept);
        }
        Ok(None)
    }
}
