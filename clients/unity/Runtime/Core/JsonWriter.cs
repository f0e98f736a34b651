#nullable enable
using System;
using System.Globalization;

namespace AnalyticsPipeline
{
    /// <summary>Writes JSON as UTF-8 into a buffer that is used again: it allocates only while the buffer grows.</summary>
    internal sealed class JsonWriter
    {
        private const string Hex = "0123456789abcdef";
        private readonly char[] _scratch = new char[64];
        private bool _after; // a value stands before: the next one needs a comma

        public byte[] Buffer { get; private set; } = new byte[1024];

        public int Length { get; private set; }

        public void Clear() => CutTo(0);

        public void CutTo(int length)
        {
            Length = length;
            _after = false;
        }

        public void Name(string name)
        {
            Separate();
            Text(name);
            Byte((byte)':');
            _after = false;
        }

        public void Begin(char bracket)
        {
            Separate();
            Byte((byte)bracket);
            _after = false;
        }

        public void End(char bracket)
        {
            Byte((byte)bracket);
            _after = true;
        }

        public void Value(string? value)
        {
            Separate();
            if (value == null)
            {
                Ascii("null");
            }
            else
            {
                Text(value);
            }
            _after = true;
        }

        public void Value(bool value)
        {
            Separate();
            Ascii(value ? "true" : "false");
            _after = true;
        }

        public void Value(long value)
        {
            Separate();
            Number(value);
            _after = true;
        }

        public void Value(ulong value)
        {
            Separate();
            value.TryFormat(_scratch, out var length, default(ReadOnlySpan<char>), CultureInfo.InvariantCulture);
            Scratch(length);
        }

        public void Value(decimal value)
        {
            Separate();
            value.TryFormat(_scratch, out var length, default(ReadOnlySpan<char>), CultureInfo.InvariantCulture);
            Scratch(length);
        }

        /// <exception cref="ArgumentException">NaN and the infinities are no JSON.</exception>
        public void Value(double value)
        {
            RefuseIfNotFinite(value);
            Separate();
            value.TryFormat(_scratch, out var length, "R", CultureInfo.InvariantCulture);
            if (double.Parse(new ReadOnlySpan<char>(_scratch, 0, length), NumberStyles.Float, CultureInfo.InvariantCulture) != value)
            {
                value.TryFormat(_scratch, out length, "G17", CultureInfo.InvariantCulture); // old runtimes' R errs
            }
            Scratch(length);
        }

        /// <exception cref="ArgumentException">NaN and the infinities are no JSON.</exception>
        public void Value(float value)
        {
            RefuseIfNotFinite(value);
            Separate();
            value.TryFormat(_scratch, out var length, "R", CultureInfo.InvariantCulture);
            Scratch(length);
        }

        /// <summary>Write a number without a comma, as part of some other text.</summary>
        public void Number(long value)
        {
            value.TryFormat(_scratch, out var length, default(ReadOnlySpan<char>), CultureInfo.InvariantCulture);
            for (var i = 0; i < length; i++)
            {
                Byte((byte)_scratch[i]);
            }
        }

        public void Ascii(string text)
        {
            Reserve(text.Length);
            for (var i = 0; i < text.Length; i++)
            {
                Buffer[Length + i] = (byte)text[i];
            }
            Length += text.Length;
        }

        public void Bytes(byte[] bytes, int from, int count)
        {
            Reserve(count);
            System.Buffer.BlockCopy(bytes, from, Buffer, Length, count);
            Length += count;
        }

        public void Byte(byte value)
        {
            Reserve(1);
            Buffer[Length++] = value;
        }

        /// <summary>Write an ISO 8601 time in UTC with milliseconds and <c>Z</c>, without quotes.</summary>
        public void Time(DateTime time)
        {
            Digits(time.Year, 4);
            Byte((byte)'-');
            Digits(time.Month, 2);
            Byte((byte)'-');
            Digits(time.Day, 2);
            Byte((byte)'T');
            Digits(time.Hour, 2);
            Byte((byte)':');
            Digits(time.Minute, 2);
            Byte((byte)':');
            Digits(time.Second, 2);
            Byte((byte)'.');
            Digits(time.Millisecond, 3);
            Byte((byte)'Z');
        }

        /// <summary>Write a string with its quotes; a lone surrogate is kept as its escape.</summary>
        public void Text(string text)
        {
            Reserve((text.Length * 6) + 2);
            var buffer = Buffer;
            var at = Length;
            buffer[at++] = (byte)'"';
            for (var i = 0; i < text.Length; i++)
            {
                var c = text[i];
                if (c >= ' ' && c < 0x7F && c != '"' && c != '\\')
                {
                    buffer[at++] = (byte)c;
                }
                else
                {
                    i += Special(text, i, ref at);
                }
            }
            buffer[at++] = (byte)'"';
            Length = at;
        }

        /// <summary>Write a character that is not itself in JSON or ASCII; returns how many more it took.</summary>
        private int Special(string text, int i, ref int at)
        {
            var c = text[i];
            if (c == '"' || c == '\\')
            {
                Buffer[at++] = (byte)'\\';
                Buffer[at++] = (byte)c;
            }
            else if (c < ' ' || c == 0x7F || (char.IsSurrogate(c) && !IsPair(text, i)))
            {
                Escape(c, ref at);
            }
            else if (char.IsSurrogate(c))
            {
                var point = char.ConvertToUtf32(c, text[i + 1]);
                Buffer[at++] = (byte)(0xF0 | (point >> 18));
                Buffer[at++] = (byte)(0x80 | ((point >> 12) & 63));
                Buffer[at++] = (byte)(0x80 | ((point >> 6) & 63));
                Buffer[at++] = (byte)(0x80 | (point & 63));
                return 1;
            }
            else if (c < 0x800)
            {
                Buffer[at++] = (byte)(0xC0 | (c >> 6));
                Buffer[at++] = (byte)(0x80 | (c & 63));
            }
            else
            {
                Buffer[at++] = (byte)(0xE0 | (c >> 12));
                Buffer[at++] = (byte)(0x80 | ((c >> 6) & 63));
                Buffer[at++] = (byte)(0x80 | (c & 63));
            }
            return 0;
        }

        private static bool IsPair(string text, int i) =>
            char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);

        private void Escape(char c, ref int at)
        {
            Buffer[at++] = (byte)'\\';
            Buffer[at++] = (byte)'u';
            for (var shift = 12; shift >= 0; shift -= 4)
            {
                Buffer[at++] = (byte)Hex[(c >> shift) & 15];
            }
        }

        private void Digits(int value, int count)
        {
            Reserve(count);
            for (var i = count - 1; i >= 0; i--, value /= 10)
            {
                Buffer[Length + i] = (byte)('0' + (value % 10));
            }
            Length += count;
        }

        private void Separate()
        {
            if (_after)
            {
                Byte((byte)',');
            }
        }

        private void Scratch(int length)
        {
            for (var i = 0; i < length; i++)
            {
                Byte((byte)_scratch[i]);
            }
            _after = true;
        }

        private void Reserve(int more)
        {
            if (Length + more <= Buffer.Length)
            {
                return;
            }
            var larger = new byte[Math.Max(Length + more, Buffer.Length * 2)];
            System.Buffer.BlockCopy(Buffer, 0, larger, 0, Length);
            Buffer = larger;
        }

        public static void RefuseIfNotFinite(double value)
        {
            if (double.IsNaN(value) || double.IsInfinity(value))
            {
                throw new ArgumentException("NaN and Infinity are no JSON: leave the value out, or send a text");
            }
        }
    }
}
