#nullable enable
using System.Collections.Generic;
using System.Globalization;

namespace AnalyticsPipeline
{
    /// <summary>Events that are sent together under one key, again and again the same until acknowledged.</summary>
    public sealed class Batch
    {
        internal Batch(Segment segment, string key, string category, string environment, int first, int count)
        {
            Segment = segment;
            Key = key;
            Category = category;
            Environment = environment;
            First = first;
            Count = count;
        }

        /// <summary>The Idempotency-Key.</summary>
        public string Key { get; }

        /// <summary>How many events it has.</summary>
        public int Count { get; }

        /// <summary>Why the server will not have it; empty unless it is parked.</summary>
        public string Reason { get; internal set; } = "";

        /// <summary>The file that holds its events, one a line.</summary>
        public string File => Segment.Name;

        internal Segment Segment { get; }

        internal string Category { get; }

        internal string Environment { get; }

        internal int First { get; }

        internal bool IsParked { get; set; }

        internal bool IsGone { get; set; }
    }

    /// <summary>A file of the log, and what is known of it. It ends as one batch, or as the halves of one.</summary>
    internal sealed class Segment
    {
        public const string Own = ".events";
        public const string Adopted = ".adopted"; // says nothing about our session

        public Segment(IStorage storage, string name)
        {
            Storage = storage;
            Name = name;
        }

        public IStorage Storage { get; }

        public string Name { get; }

        public long Length { get; set; }

        public int Events { get; set; }

        public long JsonBytes { get; set; }

        /// <summary>What its events count towards the limit of the outbox.</summary>
        public long EventBytes { get; set; }

        public List<Batch> Batches { get; } = new List<Batch>();

        public bool IsSealed { get; set; }

        public static string NameOf(long number, string ending) => number.ToString("D10", CultureInfo.InvariantCulture) + ending;

        public static bool TryNumber(string name, out long number)
        {
            number = 0;
            return name.Length > 10 && (name.EndsWith(Own) || name.EndsWith(Adopted))
                && long.TryParse(name.Substring(0, 10), NumberStyles.None, CultureInfo.InvariantCulture, out number);
        }

        /// <summary>Count a line that was written or read.</summary>
        public void Apply(Record record)
        {
            Length += record.Length;
            if (record.IsEvent)
            {
                Events++;
                JsonBytes += record.JsonLength() + 1;
                EventBytes += record.Length;
                return;
            }
            switch (record.Kind)
            {
                case Kind.Batch:
                    var words = record.Words();
                    Batches.Add(new Batch(this, words[0], words[1], words[2], 0, Events));
                    IsSealed = true;
                    break;
                case Kind.Split:
                    Split(record.Words());
                    break;
                case Kind.Acknowledged:
                    Batches.RemoveAll(batch => batch.Key == record.Words()[0]);
                    break;
                case Kind.Parked:
                    var why = record.Words();
                    Park(why[0], true, string.Join(" ", why, 1, why.Length - 1));
                    break;
                case Kind.Unparked:
                    Park(record.Words()[0], false, "");
                    break;
            }
        }

        /// <summary>The same under another name.</summary>
        public Segment Moved(IStorage storage, string name)
        {
            var moved = new Segment(storage, name)
            {
                Length = Length,
                Events = Events,
                JsonBytes = JsonBytes,
                EventBytes = EventBytes,
                IsSealed = IsSealed,
            };
            foreach (var batch in Batches)
            {
                moved.Batches.Add(new Batch(moved, batch.Key, batch.Category, batch.Environment, batch.First, batch.Count)
                {
                    IsParked = batch.IsParked,
                    Reason = batch.Reason,
                });
            }
            return moved;
        }

        private void Split(string[] words)
        {
            var at = Batches.FindIndex(batch => batch.Key == words[0]);
            if (at < 0)
            {
                return;
            }
            var whole = Batches[at];
            var half = int.Parse(words[1], CultureInfo.InvariantCulture);
            whole.IsGone = true;
            Batches[at] = new Batch(this, words[2], whole.Category, whole.Environment, whole.First, half);
            Batches.Insert(at + 1, new Batch(this, words[3], whole.Category, whole.Environment, whole.First + half, whole.Count - half));
        }

        private void Park(string key, bool parked, string reason)
        {
            foreach (var batch in Batches)
            {
                if (batch.Key == key)
                {
                    batch.IsParked = parked;
                    batch.Reason = reason;
                }
            }
        }

        /// <summary>The body of a batch: a JSON array of its events, the same bytes whenever it is made.</summary>
        /// <returns>null where the file no longer holds them.</returns>
        public static byte[]? Body(Batch batch)
        {
            var source = batch.Segment.Storage.Read(batch.Segment.Name);
            var body = new System.IO.MemoryStream(source.Length);
            var seen = 0;
            for (var at = 0; Record.TryRead(source, at, source.Length, out var record); at += record.Length)
            {
                if (!record.IsEvent || seen++ < batch.First || seen > batch.First + batch.Count)
                {
                    continue;
                }
                body.WriteByte(body.Length == 0 ? (byte)'[' : (byte)',');
                body.Write(source, record.JsonAt(), record.JsonLength());
            }
            body.WriteByte((byte)']');
            return seen >= batch.First + batch.Count ? body.ToArray() : null;
        }
    }
}
