#nullable enable
using System;
using System.Collections.Generic;
using System.IO;

namespace AnalyticsPipeline
{
    /// <summary>Reads a folder of segments after its owner ended, however it ended.</summary>
    internal sealed class Recovery
    {
        private const string Salvaged = ".salvaged";
        private readonly FolderStorage _storage;
        private readonly Action<string> _report;

        private Recovery(FolderStorage storage, Action<string> report)
        {
            _storage = storage;
            _report = report;
        }

        public LogState State { get; private set; } = new LogState { Session = "" };

        /// <summary>Segments with events that are not acknowledged, oldest first; the last may not be sealed.</summary>
        public List<Segment> Segments { get; } = new List<Segment>();

        /// <summary>Files that hold no event: to be deleted once a newer file holds the state.</summary>
        public List<string> Empty { get; } = new List<string>();

        public long LastNumber { get; private set; }

        public static Recovery Of(FolderStorage storage, Action<string> report)
        {
            var recovery = new Recovery(storage, report);
            recovery.FinishSalvages();
            foreach (var name in storage.Names())
            {
                if (Segment.TryNumber(name, out var number))
                {
                    recovery.LastNumber = Math.Max(recovery.LastNumber, number);
                    recovery.Read(name);
                }
            }
            return recovery;
        }

        /// <summary>Read the first so many bytes of a segment again.</summary>
        public static Segment Reread(Segment segment, long length)
        {
            var source = segment.Storage.Read(segment.Name);
            var read = new Segment(segment.Storage, segment.Name);
            var end = (int)Math.Min(length, source.Length);
            for (var at = 0; Record.TryRead(source, at, end, out var record); at += record.Length)
            {
                read.Apply(record);
            }
            return read;
        }

        public void Apply(Record record)
        {
            var state = State;
            state.Apply(record);
            State = state;
        }

        private void Read(string name)
        {
            var source = _storage.Read(name);
            var state = State;
            var segment = new Segment(_storage, name);
            for (var at = 0; Record.TryRead(source, at, source.Length, out var record); at += record.Length)
            {
                segment.Apply(record);
                state.Apply(record);
            }
            if (segment.Length < source.Length)
            {
                if (Array.IndexOf(source, (byte)'\n', (int)segment.Length) >= 0)
                {
                    Salvage(name, source);
                    Read(name);
                    return;
                }
                _storage.Truncate(name, segment.Length); // the last line was being written when the process was killed
            }
            State = name.EndsWith(Segment.Own) ? state : State;
            if (segment.Events == 0 || (segment.IsSealed && segment.Batches.Count == 0))
            {
                Empty.Add(name);
            }
            else
            {
                Segments.Add(segment);
            }
        }

        /// <summary>Set a damaged file aside, and go on with a new one of the lines in it that are whole.</summary>
        /// <remarks>What was sealed is no longer the batch it was: its events get a new key, and keep their own ids.</remarks>
        private void Salvage(string name, byte[] source)
        {
            var whole = new JsonWriter();
            var found = false;
            for (var at = 0; at >= 0 && at < source.Length;)
            {
                if (Record.TryRead(source, at, source.Length, out var record))
                {
                    if (record.IsEvent || (record.Kind != Kind.Batch && IsState(record.Kind)))
                    {
                        whole.Bytes(source, at, record.Length);
                        found = true;
                    }
                    at += record.Length;
                }
                else
                {
                    at = Array.IndexOf(source, (byte)'\n', at) + 1;
                    at = at == 0 ? -1 : at;
                }
            }
            _storage.Append(name + Salvaged, whole.Buffer, found ? whole.Length : 0);
            _storage.Close();
            var aside = SetAside(name);
            File.Move(_storage.PathOf(name + Salvaged), _storage.PathOf(name));
            _report("the outbox was damaged: " + aside + " is set aside, and what was whole in it goes on");
        }

        private static bool IsState(byte kind) =>
            kind == Kind.State || kind == Kind.SessionBegins || kind == Kind.Dropped;

        private string SetAside(string name)
        {
            var folder = _storage.PathOf("damaged");
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, name);
            for (var i = 2; File.Exists(path); i++)
            {
                path = Path.Combine(folder, name + "." + i);
            }
            File.Move(_storage.PathOf(name), path);
            return path;
        }

        /// <summary>Finish what a kill interrupted: the damaged file is set aside already, or still to be salvaged.</summary>
        private void FinishSalvages()
        {
            foreach (var name in _storage.Names())
            {
                if (!name.EndsWith(Salvaged))
                {
                    continue;
                }
                var original = name.Substring(0, name.Length - Salvaged.Length);
                if (File.Exists(_storage.PathOf(original)))
                {
                    File.Delete(_storage.PathOf(name));
                }
                else
                {
                    File.Move(_storage.PathOf(name), _storage.PathOf(original));
                }
            }
        }
    }
}
