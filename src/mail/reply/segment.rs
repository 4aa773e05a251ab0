//! The result of separating a reply: pieces that together hold every character of the text.

crate::slug_enum! {
    /// What a piece of a mail's text is.
    pub enum PieceKind {
        /// Newly written by the author (and the quoted lines an interleaved answer needs).
        Written = "written",
        /// Quoted from an earlier mail, with its attribution line or header block.
        Quote = "quote",
        /// A mail that was forwarded, with its header block.
        Forwarded = "forwarded",
        /// The author's signature.
        Signature = "signature",
        /// A company disclaimer.
        Disclaimer = "disclaimer",
        /// A banner that a mail gateway put in.
        Banner = "banner",
    }
}

/// One run of lines of the same kind, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Its text, with its line ends.
    pub text: String,
}

/// A mail's text, cut into pieces.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct VisibleReply {
    /// All pieces in order; joined, they are the text.
    pub pieces: Vec<Piece>,
}

impl VisibleReply {
    /// The whole text as one written piece.
    pub fn all_written(text: &str) -> Self {
        Self {
            pieces: vec![Piece {
                kind: PieceKind::Written,
                text: text.to_owned(),
            }],
        }
    }

    /// What the author wrote now, without blank lines around it.
    pub fn written(&self) -> String {
        self.joined(|kind| kind == PieceKind::Written)
    }

    /// What the author says: the whole text where nothing of it was told apart, nothing where there is only what
    /// others wrote.
    pub fn own_words(&self, whole: &str) -> String {
        let written = self.written();
        let others = |piece: &Piece| matches!(piece.kind, PieceKind::Quote | PieceKind::Forwarded);
        if written.is_empty() && !self.pieces.iter().any(others) {
            whole.to_owned()
        } else {
            written
        }
    }

    /// The author's signature, without blank lines around it; empty where there is none.
    pub fn signature(&self) -> String {
        self.joined(|kind| kind == PieceKind::Signature)
    }

    /// All text of the pieces that were folded away.
    pub fn folded(&self) -> String {
        self.joined(|kind| kind != PieceKind::Written)
    }

    fn joined(&self, wanted: impl Fn(PieceKind) -> bool) -> String {
        let all: String = self
            .pieces
            .iter()
            .filter(|piece| wanted(piece.kind))
            .map(|piece| piece.text.as_str())
            .collect();
        all.trim_matches('\n').trim_end().to_owned()
    }
}
