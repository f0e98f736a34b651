#nullable enable
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace AnalyticsPipeline
{
    /// <summary>What a caller says of an event, as JSON; rented from a pool, so that it allocates nothing.</summary>
    internal sealed class EventText
    {
        private const int DeepestNesting = 64;
        private int _depth;

        public JsonWriter Type { get; } = new JsonWriter();

        /// <summary>Further fields of the event, beside its attributes.</summary>
        public JsonWriter Fields { get; } = new JsonWriter();

        /// <summary>The members of <c>eventAttributes</c>, without the braces around them.</summary>
        public JsonWriter Attributes { get; } = new JsonWriter();

        /// <summary>Which use of the pooled text this is: a builder that was tracked is of an earlier turn.</summary>
        public int Turn { get; private set; }

        public void Begin(string type)
        {
            Type.Clear();
            Fields.Clear();
            Attributes.Clear();
            Type.Text(type);
            _depth = 0;
        }

        public void End() => Turn++;

        public void Open(string name, char bracket)
        {
            Attributes.Name(name);
            Open(bracket);
        }

        public void Open(char bracket)
        {
            if (++_depth > DeepestNesting)
            {
                throw new ArgumentException("an event nests at most " + DeepestNesting + " levels");
            }
            Attributes.Begin(bracket);
        }

        public void Close(char bracket)
        {
            if (_depth-- == 0)
            {
                throw new InvalidOperationException("End() without Object(name)");
            }
            Attributes.End(bracket);
        }

        public void RefuseIfOpen()
        {
            if (_depth != 0)
            {
                throw new InvalidOperationException("an Object(name) has no End()");
            }
        }

        /// <summary>Write any value that is JSON: numbers and texts, dictionaries and lists of them.</summary>
        /// <exception cref="ArgumentException">It is something else, or nests too deeply.</exception>
        public void Value(object? value)
        {
            if (value == null || value is string)
            {
                Attributes.Value((string?)value);
            }
            else if (value is IDictionary<string, object?> named)
            {
                Members(named);
            }
            else if (value is IDictionary members)
            {
                Members(members);
            }
            else if (value is IEnumerable elements)
            {
                Elements(elements);
            }
            else
            {
                Scalar(value as IConvertible, value);
            }
        }

        private void Scalar(IConvertible? scalar, object value)
        {
            switch (scalar?.GetTypeCode())
            {
                case TypeCode.Boolean:
                    Attributes.Value((bool)value);
                    break;
                case TypeCode.SByte:
                case TypeCode.Byte:
                case TypeCode.Int16:
                case TypeCode.UInt16:
                case TypeCode.Int32:
                case TypeCode.UInt32:
                case TypeCode.Int64:
                    Attributes.Value(scalar!.ToInt64(CultureInfo.InvariantCulture));
                    break;
                case TypeCode.UInt64:
                    Attributes.Value(scalar!.ToUInt64(CultureInfo.InvariantCulture));
                    break;
                case TypeCode.Single:
                    Attributes.Value((float)value);
                    break;
                case TypeCode.Double:
                    Attributes.Value((double)value);
                    break;
                case TypeCode.Decimal:
                    Attributes.Value((decimal)value);
                    break;
                case TypeCode.Char:
                    Attributes.Value(value.ToString());
                    break;
                default:
                    throw new ArgumentException("a value of " + value.GetType() + " is no JSON: give a number, text, dictionary or list");
            }
        }

        public void Member(string name, object? value)
        {
            Attributes.Name(name);
            Value(value);
        }

        public static EventText Dropped(long count)
        {
            var text = new EventText();
            text.Begin("client_dropped");
            text.Attributes.Name("dropped");
            text.Attributes.Value(count);
            text.Attributes.Name("reason");
            text.Attributes.Value("outbox_full");
            return text;
        }

        private void Members(IDictionary<string, object?> members)
        {
            Open('{');
            foreach (var member in members)
            {
                Member(member.Key, member.Value);
            }
            Close('}');
        }

        private void Members(IDictionary members)
        {
            Open('{');
            foreach (DictionaryEntry member in members)
            {
                Member(member.Key as string ?? throw new ArgumentException("names of members are texts"), member.Value);
            }
            Close('}');
        }

        private void Elements(IEnumerable elements)
        {
            Open('[');
            foreach (var element in elements)
            {
                Value(element);
            }
            Close(']');
        }
    }

    /// <summary>The line of a segment that keeps an event.</summary>
    internal static class EventLine
    {
        private static readonly byte[] BeforeType = Encoding.UTF8.GetBytes("{\"eventType\":");
        private static readonly byte[] BeforeTime = Encoding.UTF8.GetBytes(",\"eventTimestamp\":\"");
        private static readonly byte[] BeforeSession = Encoding.UTF8.GetBytes("\",\"sessionId\":\"");
        private static readonly byte[] BeforeIndex = Encoding.UTF8.GetBytes("\",\"eventIndex\":");
        private static readonly byte[] BeforeId = Encoding.UTF8.GetBytes(",\"eventId\":\"");
        private static readonly byte[] BeforeAttributes = Encoding.UTF8.GetBytes(",\"eventAttributes\":{");
        private static readonly byte[] End = Encoding.UTF8.GetBytes("}}");

        /// <summary>Write session, index, time and the JSON; the line is not signed yet.</summary>
        /// <param name="common">Fields of all events, as JSON that begins with a comma, or empty.</param>
        public static Record Write(JsonWriter lines, byte kind, string session, long index, DateTime now, EventText text, byte[] common)
        {
            var at = Record.Begin(lines, kind);
            lines.Ascii(session);
            lines.Byte((byte)' ');
            lines.Number(index);
            lines.Byte((byte)' ');
            lines.Number(Instant.Milliseconds(now));
            lines.Byte((byte)' ');
            Put(lines, BeforeType);
            Put(lines, text.Type);
            Put(lines, BeforeTime);
            lines.Time(now);
            Put(lines, BeforeSession);
            lines.Ascii(session);
            Put(lines, BeforeIndex);
            lines.Number(index);
            Put(lines, BeforeId);
            lines.Ascii(session);
            lines.Byte((byte)'.');
            lines.Number(index);
            lines.Byte((byte)'"');
            Put(lines, common);
            if (text.Fields.Length > 0)
            {
                lines.Byte((byte)',');
                Put(lines, text.Fields);
            }
            Put(lines, BeforeAttributes);
            Put(lines, text.Attributes);
            Put(lines, End);
            return Record.End(lines, at);
        }

        private static void Put(JsonWriter lines, byte[] bytes) => lines.Bytes(bytes, 0, bytes.Length);

        private static void Put(JsonWriter lines, JsonWriter text) => lines.Bytes(text.Buffer, 0, text.Length);
    }
}
