-- The one database of a library. Times are whole seconds since 1970 in UTC, lists are JSON.
CREATE TABLE archives (
    key       TEXT PRIMARY KEY,   -- path inside the library, or absolute
    size      INTEGER NOT NULL,
    modified  INTEGER NOT NULL,   -- nanoseconds
    sha256    TEXT NOT NULL,
    format    TEXT,
    status    TEXT NOT NULL,      -- read | failed | partial
    threads   INTEGER NOT NULL DEFAULT 0,
    answers   INTEGER NOT NULL DEFAULT 0,
    skipped   INTEGER NOT NULL DEFAULT 0,
    warnings  TEXT NOT NULL DEFAULT '[]',
    reason    TEXT,
    reached   INTEGER NOT NULL DEFAULT 0   -- of a partial one: posts taken
);
CREATE TABLE posts (
    number    INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    thread_id TEXT NOT NULL,
    kind      TEXT NOT NULL,
    site      TEXT NOT NULL,
    position  INTEGER NOT NULL,
    parent_id TEXT,
    title     TEXT,
    category  TEXT,
    tags      TEXT NOT NULL,
    author    TEXT,
    anonymous INTEGER NOT NULL,
    written   INTEGER,
    votes     INTEGER,
    best      INTEGER,
    url       TEXT,
    captured  INTEGER,
    warnings  TEXT NOT NULL,
    licence   TEXT,
    closed    INTEGER,
    duplicate_of TEXT,            -- thread ids as archives say them; NULL where there are none
    seen      INTEGER NOT NULL,   -- when the copy that was believed last was made
    votes_seen INTEGER,           -- when its votes were said, where that is another copy
    -- Derived by a build, so that ranking reads one row an answer:
    advice    INTEGER NOT NULL DEFAULT 0,   -- an answer that is ranked
    thread_category TEXT,                   -- its question's
    backers   INTEGER NOT NULL DEFAULT 0,   -- persons who back it in words, the asker left out where `outcome` has the asker's word
    dissenters INTEGER NOT NULL DEFAULT 0,  -- persons who speak against it
    favorited_backers INTEGER NOT NULL DEFAULT 0,  -- backers who say that they also voted
    outcome   INTEGER,                      -- 1 if it worked for the asker, 0 if it did not help (outcome.py)
    length    INTEGER NOT NULL DEFAULT 0,   -- see substance.py, as for the next two
    asking    REAL NOT NULL DEFAULT 0,
    place     INTEGER NOT NULL DEFAULT 0,
    lift      REAL,                         -- see standing.py
    expected  REAL,                         -- the same
    delay     INTEGER,                      -- of an answer: seconds after its question, where both times are known
    answers   INTEGER NOT NULL DEFAULT 0    -- of a question: how many are ranked
);
CREATE INDEX posts_by_thread ON posts (thread_id, position);
-- Posts whose ids a reader made up are rare, and every copy of their threads has to look for them.
CREATE INDEX posts_made_up ON posts (thread_id) WHERE id GLOB '*:t-*';
CREATE INDEX posts_by_day ON posts (strftime('%m-%d', written, 'unixepoch')) WHERE kind = 'question';
CREATE INDEX posts_by_lift ON posts (lift) WHERE advice;
CREATE INDEX posts_by_votes ON posts (votes) WHERE advice;
-- For browsing (browsing.py, catalogue.py), each with all that its queries look at, so that none of them walks over posts.
-- With the tables of tags and people below they are 15 MB for 100,000 answers, of 141 MB, most of it in the first two.
CREATE INDEX answers_to_browse ON posts (thread_category, site, written, lift, votes) WHERE advice;
CREATE INDEX answers_by_author ON posts (site, author, lift) WHERE advice AND NOT anonymous AND author IS NOT NULL;
CREATE INDEX gems ON posts (
    backers + 2 * coalesce(outcome, 0) + coalesce(best, 0), lift, thread_category, site, written
) WHERE advice AND lift <= 0 AND dissenters = 0 AND coalesce(outcome, 1)
    AND backers + 2 * coalesce(outcome, 0) + coalesce(best, 0) > 0;
CREATE INDEX late_answers ON posts (lift, delay, thread_category, site, written)
    WHERE advice AND lift > 0 AND delay >= 604800;
CREATE INDEX posts_by_time ON posts (written) WHERE advice;
CREATE INDEX questions ON posts (written, category, site, answers) WHERE kind = 'question';
-- Apart from the rest, so that ranking a thousand candidates does not read a thousand bodies.
CREATE TABLE bodies (
    number    INTEGER PRIMARY KEY REFERENCES posts ON DELETE CASCADE,
    body      TEXT NOT NULL
);
-- What each of several copies of a post said of its votes; a post that came once has no row here.
CREATE TABLE captures (
    number    INTEGER NOT NULL REFERENCES posts ON DELETE CASCADE,
    seen      INTEGER NOT NULL,
    votes     INTEGER NOT NULL,
    PRIMARY KEY (number, seen)
) WITHOUT ROWID;
-- Derived from `duplicate_of`, to be asked from both ends; a question goes with its row.
CREATE TABLE duplicates (
    number    INTEGER NOT NULL REFERENCES posts ON DELETE CASCADE,
    original  TEXT NOT NULL,      -- a thread id as archives say it, perhaps an alias, perhaps of no thread here
    PRIMARY KEY (number, original)
) WITHOUT ROWID;
CREATE INDEX duplicates_by_original ON duplicates (original);
-- Derived: who has answered under a name of their own (persons.py).
CREATE TABLE people (
    site      TEXT NOT NULL,
    name      TEXT NOT NULL,
    folded    TEXT NOT NULL,
    answers   INTEGER NOT NULL,
    standing  REAL NOT NULL,          -- their lifts above zero, added up
    PRIMARY KEY (site, name)
) WITHOUT ROWID;
CREATE INDEX people_by_answers ON people (answers DESC, folded, site, name);
CREATE INDEX people_by_standing ON people (standing DESC, folded, site, name);
CREATE INDEX people_by_name ON people (folded, site, name);
-- What a copy without ids is recognised by, and what its made-up ids became.
CREATE TABLE thread_keys (
    key       TEXT PRIMARY KEY,
    thread_id TEXT NOT NULL
);
CREATE TABLE aliases (
    alias     TEXT PRIMARY KEY,
    id        TEXT NOT NULL
);
CREATE INDEX aliases_by_id ON aliases (id);
-- Derived: who backs whom (endorsements.py).
CREATE TABLE endorsements (
    thread_id TEXT NOT NULL,
    by_post   TEXT NOT NULL,
    author    TEXT,
    to_post   TEXT NOT NULL,
    backs     INTEGER NOT NULL,
    favorited INTEGER NOT NULL,
    evidence  TEXT NOT NULL
);
CREATE INDEX endorsements_by_thread ON endorsements (thread_id);
CREATE INDEX endorsements_by_answer ON endorsements (to_post);
-- Derived: the words of threads (vocabulary.py).
CREATE TABLE words (
    number    INTEGER PRIMARY KEY,
    form      TEXT NOT NULL UNIQUE,   -- as it is read, folded; after "@" a word of an author's name
    term      TEXT NOT NULL,
    threads   INTEGER NOT NULL        -- how many have it
);
-- Without their number, which each build changes.
CREATE INDEX words_by_term ON words (term);
CREATE TABLE thread_words (
    thread_id TEXT PRIMARY KEY,
    words     BLOB NOT NULL           -- their numbers, packed
) WITHOUT ROWID;
-- Derived: titles by their words, those that weigh most first (completion.py).
CREATE TABLE titles (
    number    INTEGER PRIMARY KEY,
    thread_id TEXT NOT NULL UNIQUE,
    title     TEXT NOT NULL,
    plain     TEXT NOT NULL,          -- its folded words between single spaces
    weight    INTEGER NOT NULL        -- answers and their votes
);
CREATE TABLE title_words (
    word      TEXT NOT NULL,          -- folded, stop words too
    weight    INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    PRIMARY KEY (word, weight DESC, number)
) WITHOUT ROWID;
-- Derived: how the votes of answers fall on a site and in each of its categories, to tell how few have more (standing.py).
CREATE TABLE vote_counts (
    site      TEXT NOT NULL,
    category  TEXT NOT NULL,          -- '' for the whole site
    votes     INTEGER NOT NULL,
    reached   INTEGER NOT NULL,       -- answers with at least so many
    answers   INTEGER NOT NULL,       -- all that have votes
    PRIMARY KEY (site, category, votes)
) WITHOUT ROWID;
-- Derived: the tags of threads.
CREATE TABLE tags (
    thread_id TEXT NOT NULL,
    tag       TEXT NOT NULL,          -- folded
    said      TEXT NOT NULL,          -- as its site writes it
    PRIMARY KEY (thread_id, tag)
) WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (tag);
-- Derived: what the asker tells of how it went (outcome.py); of the thread as a whole where to_post is NULL.
CREATE TABLE outcomes (
    thread_id TEXT NOT NULL,
    by_post   TEXT NOT NULL,
    to_post   TEXT,
    worked    INTEGER,
    told      TEXT NOT NULL
);
CREATE INDEX outcomes_by_thread ON outcomes (thread_id);
-- Derived: vectors of terms and of threads (latent.py).
CREATE TABLE term_vectors (
    term      TEXT PRIMARY KEY,
    vector    BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE thread_vectors (
    thread_id TEXT PRIMARY KEY,
    vector    BLOB NOT NULL
) WITHOUT ROWID;
-- What the build at work has yet to do; empty when it has ended.
CREATE TABLE changed (
    thread_id TEXT PRIMARY KEY,
    derived   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE stale (                -- documents that the index in force has of changed threads
    document_id TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE stale_people (         -- who had answered in them
    site      TEXT NOT NULL,
    name      TEXT NOT NULL,
    PRIMARY KEY (site, name)
) WITHOUT ROWID;
-- The generation in force and other single facts. Changing `generation` is what makes a build current.
CREATE TABLE facts (
    name      TEXT PRIMARY KEY,
    value     TEXT NOT NULL
);
