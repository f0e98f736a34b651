#nullable enable
using System;
using System.Globalization;
using System.Text;

namespace AnalyticsPipeline
{
    /// <summary>What a line of a segment says.</summary>
    internal static class Kind
    {
        public const byte State = (byte)'S'; // session, next index, last activity, dropped in all, dropped and untold
        public const byte SessionBegins = (byte)'B'; // session, time
        public const byte Event = (byte)'E'; // session, index, time, the event's JSON
        public const byte DroppedTold = (byte)'C'; // as Event: it tells all that was dropped before
        public const byte Dropped = (byte)'D'; // count
        public const byte Batch = (byte)'K'; // key, category, environment: all events before are this batch
        public const byte Split = (byte)'X'; // key, events in the first half, the two new keys
        public const byte Acknowledged = (byte)'A'; // key
        public const byte Parked = (byte)'P'; // key, status, reason
        public const byte Unparked = (byte)'U'; // key
    }

    /// <summary>One line of a segment: kind, length and CRC-32 of the payload in hex, payload, line feed.</summary>
    /// <remarks>A payload has no line feed, so a line that is cut short is known, and a damaged one skipped.</remarks>
    internal readonly struct Record
    {
        public const int HeadLength = 20; // "E 0000012f 9ab3c4d5 "
        private const string Hex = "0123456789abcdef";

        public readonly byte[] Source;
        public readonly int At; // of the line
        public readonly int PayloadLength;

        private Record(byte[] source, int at, int payloadLength)
        {
            Source = source;
            At = at;
            PayloadLength = payloadLength;
        }

        public byte Kind => Source[At];

        public int PayloadAt => At + HeadLength;

        public int Length => HeadLength + PayloadLength + 1;

        public bool IsEvent => Kind == AnalyticsPipeline.Kind.Event || Kind == AnalyticsPipeline.Kind.DroppedTold;

        /// <summary>The payload up to the event's JSON, split at blanks.</summary>
        public string[] Words() => Encoding.UTF8.GetString(Source, PayloadAt, PayloadLength).Split(' ');

        /// <summary>Where an event's JSON begins: after session, index and time.</summary>
        public int JsonAt()
        {
            var at = PayloadAt;
            for (var blanks = 0; blanks < 3; at++)
            {
                blanks += Source[at] == (byte)' ' ? 1 : 0;
            }
            return at;
        }

        public int JsonLength() => PayloadAt + PayloadLength - JsonAt();

        /// <summary>Session, index and time of an event.</summary>
        public string[] EventWords() => Encoding.UTF8.GetString(Source, PayloadAt, JsonAt() - PayloadAt).Split(' ');

        /// <summary>Begin a line; its payload follows, then <see cref="End"/> with what this returned.</summary>
        public static int Begin(JsonWriter lines, byte kind)
        {
            var at = lines.Length;
            lines.Byte(kind);
            lines.Ascii(" 00000000 00000000 ");
            return at;
        }

        /// <summary>End a line; its checksum is put in by <see cref="Sign"/>, off the main thread.</summary>
        public static Record End(JsonWriter lines, int at)
        {
            var length = lines.Length - at - HeadLength;
            lines.Byte((byte)'\n');
            PutHex(lines.Buffer, at + 2, (uint)length);
            return new Record(lines.Buffer, at, length);
        }

        public static void Write(JsonWriter lines, byte kind, string payload)
        {
            var at = Begin(lines, kind);
            var bytes = Encoding.UTF8.GetBytes(payload.Replace('\n', ' '));
            lines.Bytes(bytes, 0, bytes.Length);
            End(lines, at).Sign();
        }

        public void Sign() => PutHex(Source, At + 11, Checksum());

        /// <summary>Read the line that a writer ended and nobody signed yet.</summary>
        public static Record Unsigned(byte[] source, int at)
        {
            TryHex(source, at + 2, out var length);
            return new Record(source, at, (int)length);
        }

        /// <summary>Read a line that may be torn or damaged.</summary>
        public static bool TryRead(byte[] source, int at, int end, out Record record)
        {
            record = default;
            if (at + HeadLength >= end || source[at + 1] != ' ' || source[at + 10] != ' ' || source[at + 19] != ' ')
            {
                return false;
            }
            if (!TryHex(source, at + 2, out var length) || !TryHex(source, at + 11, out var checksum))
            {
                return false;
            }
            if (length > int.MaxValue / 2 || at + HeadLength + (int)length >= end)
            {
                return false;
            }
            record = new Record(source, at, (int)length);
            return source[at + HeadLength + (int)length] == '\n' && record.Checksum() == checksum;
        }

        private uint Checksum() => Crc32.Of(Source, At, 10, Crc32.Of(Source, PayloadAt, PayloadLength, 0));

        private static void PutHex(byte[] target, int at, uint value)
        {
            for (var i = 7; i >= 0; i--, value >>= 4)
            {
                target[at + i] = (byte)Hex[(int)(value & 15)];
            }
        }

        private static bool TryHex(byte[] source, int at, out uint value)
        {
            value = 0;
            for (var i = 0; i < 8; i++)
            {
                var digit = Hex.IndexOf((char)source[at + i]);
                if (digit < 0)
                {
                    return false;
                }
                value = (value << 4) | (uint)digit;
            }
            return true;
        }
    }

    /// <summary>The checksum of a line (CRC-32, as of zip).</summary>
    internal static class Crc32
    {
        private static readonly uint[] Table = MakeTable();

        public static uint Of(byte[] bytes, int from, int count, uint before)
        {
            var crc = ~before;
            for (var i = from; i < from + count; i++)
            {
                crc = Table[(crc ^ bytes[i]) & 0xFF] ^ (crc >> 8);
            }
            return ~crc;
        }

        private static uint[] MakeTable()
        {
            var table = new uint[256];
            for (uint i = 0; i < 256; i++)
            {
                var value = i;
                for (var bit = 0; bit < 8; bit++)
                {
                    value = (value & 1) == 1 ? (value >> 1) ^ 0xEDB88320 : value >> 1;
                }
                table[i] = value;
            }
            return table;
        }
    }

    /// <summary>What the lines of a log amount to: where the session is, and what was dropped.</summary>
    internal struct LogState
    {
        public string Session;
        public long Next; // the index of the session's next event
        public long LastActive; // milliseconds since 1970
        public long Dropped; // in all
        public long Untold; // of these, no event tells yet

        public void Apply(Record record)
        {
            switch (record.Kind)
            {
                case Kind.State:
                    var words = record.Words();
                    Session = words[0];
                    Next = Whole(words[1]);
                    LastActive = Whole(words[2]);
                    Dropped = Whole(words[3]);
                    Untold = Whole(words[4]);
                    break;
                case Kind.SessionBegins:
                    Session = record.Words()[0];
                    LastActive = Whole(record.Words()[1]);
                    Next = 0;
                    break;
                case Kind.Dropped:
                    Dropped += Whole(record.Words()[0]);
                    Untold += Whole(record.Words()[0]);
                    break;
                case Kind.Event:
                case Kind.DroppedTold:
                    var said = record.EventWords();
                    Session = said[0];
                    Next = Whole(said[1]) + 1;
                    LastActive = Whole(said[2]);
                    Untold = record.Kind == Kind.DroppedTold ? 0 : Untold;
                    break;
            }
        }

        public string Text() => string.Join(" ", Session, Text(Next), Text(LastActive), Text(Dropped), Text(Untold));

        private static long Whole(string word) => long.Parse(word, CultureInfo.InvariantCulture);

        private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
    }
}
