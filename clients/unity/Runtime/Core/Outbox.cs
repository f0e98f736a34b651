#nullable enable
using System;
using System.Collections.Generic;
using System.IO;

namespace AnalyticsPipeline
{
    /// <summary>What is kept: segments on disk, each of which becomes a batch. Called by background threads only.</summary>
    internal sealed class Outbox : IDisposable
    {
        private const string Withdrawn = "withdrawn"; // a mark: all of the folder is to be deleted
        private readonly object _disk = new object();
        private readonly AnalyticsOptions _options;
        private readonly IClock _clock;
        private readonly Action<string> _report;
        private readonly MemoryStorage _memory = new MemoryStorage();
        private readonly List<Segment> _sealed = new List<Segment>(); // oldest first
        private readonly JsonWriter _chunk = new JsonWriter(); // lines on their way to the open segment
        private readonly JsonWriter _note = new JsonWriter();
        private FolderStorage? _folder;
        private Slot? _slot;
        private Segment? _open;
        private TimeSpan _openSince;
        private LogState _state = new LogState { Session = "" }; // of all lines written
        private LogState _stateBefore; // of the lines before the chunk
        private long _number;

        public Outbox(AnalyticsOptions options, Action<string> report)
        {
            _options = options;
            _clock = options.Clock;
            _report = report;
            try
            {
                OpenFolder(options.Folder);
            }
            catch (Exception error) when (IsStorage(error))
            {
                WithoutFolder(error);
            }
        }

        public LogState State => _state;

        /// <summary>How many batches are parked; asking waits for no disk.</summary>
        public int ParkedCount { get; private set; }

        /// <summary>Whether what is written from now on survives the process, as far as is known.</summary>
        public bool IsDurable { get; private set; }

        /// <summary>Told how many events cannot be read, and so do not wait to be sent.</summary>
        public Action<int> LeftOut { get; set; } = count => { };

        /// <summary>How long an event waits already to be part of a batch.</summary>
        public TimeSpan Age => _open == null || _open.Events == 0 ? TimeSpan.Zero : _clock.Elapsed - _openSince;

        public bool HasOpenEvents => _open != null && _open.Events > 0;

        /// <summary>Write lines of <see cref="Intake"/>; when it returns they are on disk. Cut a batch if it is time.</summary>
        /// <returns>Whether a batch was cut.</returns>
        public bool Write(JsonWriter lines, bool cut)
        {
            lock (_disk)
            {
                var batches = _sealed.Count;
                for (var at = 0; at < lines.Length;)
                {
                    var record = Record.Unsigned(lines.Buffer, at);
                    var open = Open();
                    if (record.IsEvent && IsFull(open, record))
                    {
                        Commit(true);
                        open = Open();
                    }
                    if (open.Events == 0)
                    {
                        _openSince = _clock.Elapsed; // the file may be there for long already
                    }
                    record.Sign();
                    _chunk.Bytes(lines.Buffer, at, record.Length);
                    open.Apply(record);
                    _state.Apply(record);
                    at += record.Length;
                }
                Commit(cut || IsDue());
                return _sealed.Count > batches;
            }
        }

        /// <summary>The oldest batch that may be sent, and its body.</summary>
        public Batch? Next(out byte[] body)
        {
            lock (_disk)
            {
                foreach (var segment in _sealed.ToArray())
                {
                    foreach (var batch in segment.Batches)
                    {
                        var read = batch.IsParked ? null : Read(batch);
                        if (read != null)
                        {
                            body = read;
                            return batch;
                        }
                    }
                }
                body = Array.Empty<byte>();
                return null;
            }
        }

        /// <summary>Forget a batch that the server has.</summary>
        /// <returns>The bytes that became free; -1 if it was forgotten before.</returns>
        public long Acknowledge(Batch batch)
        {
            lock (_disk)
            {
                var segment = batch.Segment;
                if (batch.IsGone || !segment.Batches.Contains(batch))
                {
                    return -1;
                }
                batch.IsGone = true;
                if (segment.Batches.Count > 1)
                {
                    Note(segment, Kind.Acknowledged, batch.Key);
                    return 0;
                }
                segment.Batches.Clear();
                _sealed.Remove(segment);
                Delete(segment);
                return segment.EventBytes;
            }
        }

        /// <summary>Replace a batch by its two halves, with new keys, in one line.</summary>
        public void Split(Batch batch)
        {
            lock (_disk)
            {
                if (!batch.IsGone)
                {
                    var now = _clock.UtcNow;
                    Note(batch.Segment, Kind.Split, string.Join(" ", batch.Key, batch.Count / 2, UuidV7.Of(now), UuidV7.Of(now)));
                }
            }
        }

        /// <returns>Whether the batch was there to be parked.</returns>
        public bool Park(Batch batch, int status, string reason)
        {
            lock (_disk)
            {
                if (!batch.IsGone)
                {
                    Note(batch.Segment, Kind.Parked, batch.Key + " " + status + " " + reason);
                }
                ParkedCount = Parked().Count;
                return !batch.IsGone;
            }
        }

        /// <returns>The events that may be sent again.</returns>
        public int Unpark()
        {
            lock (_disk)
            {
                var events = 0;
                foreach (var batch in Parked())
                {
                    Note(batch.Segment, Kind.Unparked, batch.Key);
                    events += batch.Count;
                }
                ParkedCount = 0;
                return events;
            }
        }

        public List<Batch> Parked()
        {
            lock (_disk)
            {
                var parked = new List<Batch>();
                foreach (var segment in _sealed)
                {
                    parked.AddRange(segment.Batches.FindAll(batch => batch.IsParked));
                }
                return parked;
            }
        }

        /// <summary>Count what is there: events that may be sent, and the bytes of all.</summary>
        public void Count(out long events, out long bytes)
        {
            lock (_disk)
            {
                events = 0;
                bytes = 0;
                foreach (var segment in _sealed)
                {
                    bytes += segment.EventBytes;
                    foreach (var batch in segment.Batches)
                    {
                        events += batch.IsParked ? 0 : batch.Count;
                    }
                }
            }
        }

        /// <summary>Take over what clients left whose processes ended.</summary>
        /// <param name="came">Told how many events, and bytes, are here now that were not.</param>
        public void Adopt(Action<long, long> came)
        {
            lock (_disk)
            {
                if (_folder == null)
                {
                    return;
                }
                Count(out var events, out var bytes);
                Try("what another process left cannot be taken over", () =>
                {
                    foreach (var slot in Slot.Abandoned(_options.Folder))
                    {
                        using (slot)
                        {
                            Adopt(new FolderStorage(slot.Folder));
                        }
                    }
                });
                Count(out var eventsNow, out var bytesNow);
                ParkedCount = Parked().Count;
                came(eventsNow - events, bytesNow - bytes);
            }
        }

        /// <summary>Delete everything that is kept, also what ended processes left.</summary>
        /// <remarks>A mark comes first: where a kill interrupts it, the next start finishes it.</remarks>
        public void Clear()
        {
            lock (_disk)
            {
                Adopt(Nothing);
                foreach (var segment in _sealed)
                {
                    segment.Batches.ForEach(batch => batch.IsGone = true);
                }
                _sealed.Clear();
                ParkedCount = 0;
                _chunk.Clear();
                _open = null;
                _state = new LogState { Session = "" };
                _memory.Names().ForEach(_memory.Delete);
                Try("what is kept cannot be deleted", () => Clear(_folder));
            }
        }

        public void Dispose()
        {
            lock (_disk)
            {
                _folder?.Close();
                _slot?.Dispose();
                _slot = null;
            }
        }

        internal static bool IsStorage(Exception error) =>
            error is IOException || error is UnauthorizedAccessException || error is NotSupportedException
            || error is System.Security.SecurityException;

        private static void Nothing(long events, long bytes)
        {
        }

        private static void Clear(FolderStorage? folder)
        {
            if (folder == null)
            {
                return;
            }
            folder.Append(Withdrawn, Array.Empty<byte>(), 0);
            folder.Close();
            foreach (var name in folder.Names())
            {
                if (name != Withdrawn && name != "lock")
                {
                    folder.Delete(name);
                }
            }
            if (Directory.Exists(folder.PathOf("damaged")))
            {
                Directory.Delete(folder.PathOf("damaged"), true);
            }
            folder.Delete(Withdrawn);
        }

        private void OpenFolder(string root)
        {
            _slot = Slot.First(root);
            _folder = new FolderStorage(_slot.Folder);
            IsDurable = true;
            var found = Recover(_folder);
            _state = found.State;
            _number = found.LastNumber;
            foreach (var segment in found.Segments)
            {
                Seal(segment);
                _sealed.Add(segment);
            }
            WriteState();
            found.Empty.ForEach(_folder.Delete);
            Adopt(Nothing);
        }

        private void WithoutFolder(Exception error)
        {
            IsDurable = false;
            _folder = null;
            _sealed.Clear();
            _open = null;
            _chunk.Clear();
            _slot?.Dispose();
            _slot = null;
            _report("events are kept in memory only: " + error.Message);
        }

        private Recovery Recover(FolderStorage storage)
        {
            if (File.Exists(storage.PathOf(Withdrawn)))
            {
                Clear(storage);
            }
            return Recovery.Of(storage, _report);
        }

        private void Adopt(FolderStorage theirs)
        {
            var found = Recover(theirs);
            if (found.State.Untold > 0)
            {
                found.Segments.Add(Telling(theirs, found));
            }
            if (found.Segments.Count > 0)
            {
                var state = new JsonWriter();
                Record.Write(state, Kind.State, found.State.Text());
                theirs.Append(Segment.NameOf(found.LastNumber + 2, Segment.Own), state.Buffer, state.Length);
            }
            foreach (var segment in found.Segments)
            {
                Seal(segment);
                theirs.Close();
                var name = Segment.NameOf(++_number, Segment.Adopted);
                File.Move(theirs.PathOf(segment.Name), _folder!.PathOf(name));
                _sealed.Add(segment.Moved(_folder, name));
            }
            if (found.Segments.Count > 0)
            {
                found.Empty.ForEach(theirs.Delete);
            }
            theirs.Close();
        }

        /// <summary>Write, for one who ended, the event that tells what it dropped.</summary>
        private Segment Telling(FolderStorage theirs, Recovery found)
        {
            var lines = new JsonWriter();
            var segment = new Segment(theirs, Segment.NameOf(found.LastNumber + 1, Segment.Own));
            var now = _clock.UtcNow;
            var session = found.State.Session;
            var record = EventLine.Write(lines, Kind.DroppedTold, session, found.State.Next, now, EventText.Dropped(found.State.Untold), Array.Empty<byte>());
            record.Sign();
            theirs.Append(segment.Name, lines.Buffer, lines.Length);
            segment.Apply(record);
            found.Apply(record);
            return segment;
        }

        /// <summary>Cut the batch of a segment that an ended process left open.</summary>
        private void Seal(Segment segment)
        {
            if (!segment.IsSealed)
            {
                Note(segment, Kind.Batch, BatchText());
            }
        }

        private string BatchText() => string.Join(" ", UuidV7.Of(_clock.UtcNow), _options.Category, _options.Environment ?? "*");

        private Segment Open()
        {
            if (_open == null)
            {
                Begin((IStorage?)_folder ?? _memory);
            }
            return _open!;
        }

        private void Begin(IStorage storage)
        {
            _open = new Segment(storage, Segment.NameOf(++_number, Segment.Own));
            _openSince = _clock.Elapsed;
            _stateBefore = _state;
            var at = _chunk.Length;
            Record.Write(_chunk, Kind.State, _state.Text());
            _open.Apply(Record.Unsigned(_chunk.Buffer, at));
        }

        private bool IsFull(Segment open, Record record) =>
            open.Events >= _options.MaxBatchEvents
            || (open.Events > 0 && open.JsonBytes + record.JsonLength() + 2 > _options.MaxBatchBytes);

        private bool IsDue() =>
            _open != null && _open.Events > 0 && (_open.Events >= _options.FlushEvents
                || _open.JsonBytes >= _options.FlushBytes || Age >= _options.FlushInterval);

        /// <summary>Bring the chunk to the disk, and where it ends a segment the line that makes it a batch.</summary>
        private void Commit(bool cut)
        {
            var open = _open;
            cut = cut && HasOpenEvents;
            if (open == null || (_chunk.Length == 0 && !cut))
            {
                return;
            }
            if (cut)
            {
                var at = _chunk.Length;
                Record.Write(_chunk, Kind.Batch, BatchText());
                open.Apply(Record.Unsigned(_chunk.Buffer, at));
            }
            try
            {
                open.Storage.Append(open.Name, _chunk.Buffer, _chunk.Length);
                IsDurable = open.Storage.IsDurable;
            }
            catch (Exception error) when (IsStorage(error))
            {
                open = ToMemory(open, error);
            }
            _chunk.Clear();
            _stateBefore = _state;
            if (cut)
            {
                _sealed.Add(open);
                _open = null;
            }
        }

        /// <summary>Where the disk fails: keep the chunk in memory, and let what is on the disk be a batch of its own.</summary>
        private Segment ToMemory(Segment failed, Exception error)
        {
            IsDurable = false;
            _report("events are kept in memory while the disk refuses them: " + error.Message);
            var good = failed.Length - _chunk.Length;
            Try("a line that is cut short stays until the next start", () => failed.Storage.Truncate(failed.Name, good));
            KeepWhatIsThere(failed, good);
            var memory = new Segment(_memory, Segment.NameOf(++_number, Segment.Own));
            var lines = new JsonWriter();
            Record.Write(lines, Kind.State, _stateBefore.Text());
            lines.Bytes(_chunk.Buffer, 0, _chunk.Length);
            for (var at = 0; Record.TryRead(lines.Buffer, at, lines.Length, out var record); at += record.Length)
            {
                memory.Apply(record);
            }
            _memory.Append(memory.Name, lines.Buffer, lines.Length);
            _open = memory;
            return memory;
        }

        private void KeepWhatIsThere(Segment failed, long length)
        {
            Try("what was kept cannot be read now", () =>
            {
                var before = Recovery.Reread(failed, length);
                if (before.Events > 0)
                {
                    _sealed.Add(before);
                    Seal(before);
                }
            });
        }

        /// <summary>Have the state in a file newer than all others, so that those may be deleted.</summary>
        private void WriteState()
        {
            Open();
            Commit(false);
        }

        private void Delete(Segment segment)
        {
            WriteState();
            Try("a file whose events are acknowledged cannot be deleted", () => segment.Storage.Delete(segment.Name));
        }

        /// <summary>Add a line about batches to a segment; a disk that refuses it is told, and memory goes on.</summary>
        private void Note(Segment segment, byte kind, string text)
        {
            _note.Clear();
            Record.Write(_note, kind, text);
            Try("the outbox cannot be written", () => segment.Storage.Append(segment.Name, _note.Buffer, _note.Length));
            segment.Apply(Record.Unsigned(_note.Buffer, 0));
        }

        private byte[]? Read(Batch batch)
        {
            byte[]? body = null;
            Try("a batch cannot be read", () => body = Segment.Body(batch));
            if (body == null && !batch.IsParked)
            {
                batch.IsParked = true; // for this run: another start may read it, or sets it aside
                batch.Reason = "unreadable";
                ParkedCount++;
                LeftOut(batch.Count);
                _report("a batch cannot be read, and is left out until the next start: " + batch.File);
            }
            return body;
        }

        private void Try(string what, Action action)
        {
            try
            {
                action();
            }
            catch (Exception error) when (IsStorage(error))
            {
                _report(what + ": " + error.Message);
            }
        }
    }
}
