#nullable enable
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace AnalyticsPipeline
{
    /// <summary>Reads the JSON of answers: objects as dictionaries, arrays as lists, numbers as double or long.</summary>
    internal sealed class JsonText
    {
        private const int DeepestNesting = 64;
        private readonly string _text;
        private int _at;

        private JsonText(string text) => _text = text;

        /// <summary>Read a text that is wholly one object; null where it is not.</summary>
        public static Dictionary<string, object?>? Object(string text)
        {
            try
            {
                var reader = new JsonText(text);
                var value = reader.Value(0);
                reader.Blank();
                return reader._at == text.Length ? value as Dictionary<string, object?> : null;
            }
            catch (FormatException)
            {
                return null;
            }
        }

        private object? Value(int depth)
        {
            Blank();
            if (depth > DeepestNesting)
            {
                throw new FormatException("nested too deeply");
            }
            switch (Peek())
            {
                case '{': return Members(depth);
                case '[': return Elements(depth);
                case '"': return Text();
                case 't': return Word("true", true);
                case 'f': return Word("false", false);
                case 'n': return Word("null", null);
                default: return Number();
            }
        }

        private Dictionary<string, object?> Members(int depth)
        {
            var members = new Dictionary<string, object?>();
            _at++;
            Blank();
            if (Peek() == '}')
            {
                _at++;
                return members;
            }
            do
            {
                Blank();
                var name = Text();
                Blank();
                Expect(':');
                members[name] = Value(depth + 1);
            }
            while (Another('}'));
            return members;
        }

        private List<object?> Elements(int depth)
        {
            var elements = new List<object?>();
            _at++;
            Blank();
            if (Peek() == ']')
            {
                _at++;
                return elements;
            }
            do
            {
                elements.Add(Value(depth + 1));
            }
            while (Another(']'));
            return elements;
        }

        private bool Another(char end)
        {
            Blank();
            if (Peek() == ',')
            {
                _at++;
                return true;
            }
            Expect(end);
            return false;
        }

        private string Text()
        {
            Expect('"');
            var text = new StringBuilder();
            while (Peek() != '"')
            {
                text.Append(_text[_at] == '\\' ? Escaped() : _text[_at++]);
            }
            _at++;
            return text.ToString();
        }

        private char Escaped()
        {
            _at++;
            var c = Peek();
            _at++;
            switch (c)
            {
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case 'b': return '\b';
                case 'f': return '\f';
                case '"':
                case '\\':
                case '/': return c;
                case 'u': return Unit();
                default: throw new FormatException("no escape");
            }
        }

        private char Unit()
        {
            if (_at + 4 > _text.Length)
            {
                throw new FormatException("cut off");
            }
            _at += 4;
            return (char)ushort.Parse(_text.Substring(_at - 4, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }

        private object? Word(string word, object? value)
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
            {
                throw new FormatException("no value");
            }
            _at += word.Length;
            return value;
        }

        private object Number()
        {
            var from = _at;
            while (_at < _text.Length && "+-.0123456789eE".IndexOf(_text[_at]) >= 0)
            {
                _at++;
            }
            var token = _text.Substring(from, _at - from);
            if (long.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            {
                return whole;
            }
            if (double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out var broken))
            {
                return broken;
            }
            throw new FormatException("no value");
        }

        private char Peek() => _at < _text.Length ? _text[_at] : throw new FormatException("cut off");

        private void Expect(char c)
        {
            if (Peek() != c)
            {
                throw new FormatException("expected " + c);
            }
            _at++;
        }

        private void Blank()
        {
            while (_at < _text.Length && " \t\r\n".IndexOf(_text[_at]) >= 0)
            {
                _at++;
            }
        }
    }
}
