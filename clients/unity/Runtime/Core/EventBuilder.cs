#nullable enable
using System;

namespace AnalyticsPipeline
{
    /// <summary>An event that is being said: <c>analytics.Event("level_complete").With("level", 3).Track()</c>.</summary>
    public readonly struct EventBuilder
    {
        private readonly AnalyticsClient _client;
        private readonly EventText _text;
        private readonly int _turn;

        internal EventBuilder(AnalyticsClient client, EventText text)
        {
            _client = client;
            _text = text;
            _turn = text.Turn;
        }

        private EventText Text => _text != null && _text.Turn == _turn
            ? _text
            : throw new InvalidOperationException("this event is tracked already: begin another with Event(type)");

        /// <summary>Add a member to <c>eventAttributes</c>, or to the object that was begun in it.</summary>
        public EventBuilder With(string name, string? value)
        {
            Text.Attributes.Name(name);
            Text.Attributes.Value(value);
            return this;
        }

        /// <inheritdoc cref="With(string, string)"/>
        public EventBuilder With(string name, bool value)
        {
            Text.Attributes.Name(name);
            Text.Attributes.Value(value);
            return this;
        }

        /// <inheritdoc cref="With(string, string)"/>
        public EventBuilder With(string name, int value) => With(name, (long)value);

        /// <inheritdoc cref="With(string, string)"/>
        public EventBuilder With(string name, long value)
        {
            Text.Attributes.Name(name);
            Text.Attributes.Value(value);
            return this;
        }

        /// <inheritdoc cref="With(string, string)"/>
        public EventBuilder With(string name, float value)
        {
            JsonWriter.RefuseIfNotFinite(value);
            Text.Attributes.Name(name);
            Text.Attributes.Value(value);
            return this;
        }

        /// <inheritdoc cref="With(string, string)"/>
        /// <exception cref="ArgumentException">NaN and the infinities are no JSON.</exception>
        public EventBuilder With(string name, double value)
        {
            JsonWriter.RefuseIfNotFinite(value);
            Text.Attributes.Name(name);
            Text.Attributes.Value(value);
            return this;
        }

        /// <inheritdoc cref="With(string, string)"/>
        public EventBuilder With(string name, decimal value)
        {
            Text.Attributes.Name(name);
            Text.Attributes.Value(value);
            return this;
        }

        /// <summary>Begin an object in <c>eventAttributes</c>; what follows up to <see cref="End"/> is in it.</summary>
        public EventBuilder Object(string name)
        {
            Text.Open(name, '{');
            return this;
        }

        /// <summary>End the object that was begun last.</summary>
        public EventBuilder End()
        {
            Text.Close('}');
            return this;
        }

        /// <summary>Set a field of the event itself, such as <c>playerId</c>, <c>eventClass</c> or <c>eventSource</c>.</summary>
        public EventBuilder Field(string name, string value)
        {
            AnalyticsClient.RefuseIfOurs(name);
            Text.Fields.Name(name);
            Text.Fields.Value(value);
            return this;
        }

        /// <summary>Keep the event.</summary>
        /// <exception cref="EventTooLargeException">It is larger than the options allow.</exception>
        public Tracked Track() => _client.Track(Text);
    }
}
