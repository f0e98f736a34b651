#nullable enable
using System;
using System.Collections.Generic;
using System.Threading;

namespace AnalyticsPipeline
{
    /// <summary>Takes events from the game: numbers them, and holds their lines until the writer fetches them.</summary>
    /// <remarks>Its lock is held for memory only, so that the game never waits for a disk.</remarks>
    internal sealed class Intake
    {
        private readonly object _gate = new object();
        private readonly AnalyticsOptions _options;
        private readonly Action _wake;
        private readonly byte[] _common;
        private JsonWriter _pending = new JsonWriter();
        private JsonWriter _writing = new JsonWriter();
        private string _session = "";
        private long _next;
        private bool _isOpen;
        private bool _isClosed;
        private long _fetched; // how often lines were fetched
        private long _kept; // the last fetch that is on disk
        private long _waiting;
        private long _bytes;
        private long _dropped;
        private long _untold;
        private long _unwritten; // drops that no line tells yet

        public Intake(AnalyticsOptions options, Action wake)
        {
            _options = options;
            _wake = wake;
            _common = Common(options.CommonFields);
        }

        public string Session
        {
            get
            {
                lock (_gate)
                {
                    return _session;
                }
            }
        }

        public long Next => Locked(() => _next);

        public long Waiting => Locked(() => _waiting);

        public long Bytes => Locked(() => _bytes);

        public long Dropped => Locked(() => _dropped);

        /// <summary>Go on where the log ended, in its session or in a new one.</summary>
        public void Continue(LogState state, long waiting, long bytes, bool isOpen)
        {
            lock (_gate)
            {
                _dropped = state.Dropped;
                _untold = state.Untold;
                _waiting = waiting;
                _bytes = bytes;
                _isOpen = isOpen;
                _session = state.Session;
                _next = state.Next;
                if (isOpen && !IsRecent(state))
                {
                    Begin();
                }
                TellDropped();
            }
            _wake();
        }

        public void BeginSession()
        {
            lock (_gate)
            {
                if (_isOpen)
                {
                    Begin();
                }
            }
            _wake();
        }

        /// <exception cref="EventTooLargeException">It is not kept, and takes no index.</exception>
        public Tracked Add(EventText text)
        {
            var now = _options.Clock.UtcNow;
            bool first;
            bool taken;
            lock (_gate)
            {
                if (_isClosed || !_isOpen)
                {
                    return _isClosed ? Tracked.Closed : Tracked.NotAllowed;
                }
                first = _pending.Length == 0 && _unwritten == 0;
                taken = TryAdd(Kind.Event, text, now);
                if (!taken)
                {
                    _dropped++;
                    _untold++;
                    _unwritten++;
                }
            }
            if (first)
            {
                _wake();
            }
            return taken ? Tracked.Taken : Tracked.Dropped;
        }

        /// <summary>Give the writer all lines, whose fetch it confirms by <see cref="Confirm"/>.</summary>
        public JsonWriter Fetch()
        {
            lock (_gate)
            {
                TellUnwritten();
                var lines = _pending;
                _writing.Clear();
                _pending = _writing;
                _writing = lines;
                _fetched++;
                return lines;
            }
        }

        public void Confirm()
        {
            lock (_gate)
            {
                _kept = _fetched;
                Monitor.PulseAll(_gate);
            }
        }

        /// <summary>Wait until all that was added is on disk.</summary>
        public bool WaitUntilKept(TimeSpan timeout)
        {
            lock (_gate)
            {
                var fetch = _pending.Length > 0 || _unwritten > 0 ? _fetched + 1 : _fetched;
                return WaitFor(() => _kept >= fetch, timeout);
            }
        }

        /// <summary>Wait until nothing waits, or until <paramref name="enough"/>.</summary>
        public void WaitUntilEmpty(Func<bool> enough, TimeSpan timeout)
        {
            lock (_gate)
            {
                WaitFor(() => _waiting == 0 || enough(), timeout);
            }
        }

        /// <summary>Let who waits look again.</summary>
        public void Pulse()
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }

        /// <summary>Count events that came from elsewhere, or that left.</summary>
        public void Changed(long events, long bytes)
        {
            lock (_gate)
            {
                _waiting += events;
                _bytes += bytes;
                if (bytes < 0 && TellDropped())
                {
                    _wake();
                }
                Monitor.PulseAll(_gate);
            }
        }

        /// <summary>Forget all, and take nothing until consent is given.</summary>
        public void Withdraw()
        {
            lock (_gate)
            {
                _isOpen = false;
                _pending.Clear();
                _session = "";
                _next = _waiting = _bytes = _dropped = _untold = _unwritten = 0;
                Monitor.PulseAll(_gate);
            }
        }

        /// <summary>Take events from now on, in a new session.</summary>
        public void Grant()
        {
            lock (_gate)
            {
                if (!_isOpen)
                {
                    _isOpen = true;
                    Begin();
                }
            }
            _wake();
        }

        public void Close()
        {
            lock (_gate)
            {
                _isClosed = true;
            }
        }

        private bool TryAdd(byte kind, EventText text, DateTime now)
        {
            var at = _pending.Length;
            var record = EventLine.Write(_pending, kind, _session, _next, now, text, _common);
            var size = record.JsonLength();
            if (size > _options.MaxEventBytes)
            {
                _pending.CutTo(at);
                throw new EventTooLargeException(size, _options.MaxEventBytes);
            }
            if (_bytes + record.Length > _options.MaxOutboxBytes)
            {
                _pending.CutTo(at);
                return false;
            }
            _next++;
            _waiting++;
            _bytes += record.Length;
            return true;
        }

        private void Begin()
        {
            var now = _options.Clock.UtcNow;
            _session = UuidV7.Of(now);
            _next = 0;
            Record.Write(_pending, Kind.SessionBegins, _session + " " + Instant.Milliseconds(now));
        }

        private bool IsRecent(LogState state)
        {
            var since = _options.Clock.UtcNow - Instant.Of(state.LastActive);
            return state.Session.Length > 0 && since < _options.SessionTimeout && since > -_options.SessionTimeout;
        }

        private bool TellDropped()
        {
            if (_untold == 0 || !_isOpen || _isClosed)
            {
                return false;
            }
            TellUnwritten();
            if (!TryAdd(Kind.DroppedTold, EventText.Dropped(_untold), _options.Clock.UtcNow))
            {
                return false;
            }
            _untold = 0;
            return true;
        }

        private void TellUnwritten()
        {
            if (_unwritten > 0)
            {
                Record.Write(_pending, Kind.Dropped, _unwritten.ToString(System.Globalization.CultureInfo.InvariantCulture));
                _unwritten = 0;
            }
        }

        private bool WaitFor(Func<bool> holds, TimeSpan timeout)
        {
            var end = _options.Clock.Elapsed + timeout;
            while (!holds())
            {
                var left = end - _options.Clock.Elapsed;
                if (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))
                {
                    return holds();
                }
            }
            return true;
        }

        private long Locked(Func<long> read)
        {
            lock (_gate)
            {
                return read();
            }
        }

        private static byte[] Common(Dictionary<string, string> fields)
        {
            var json = new JsonWriter();
            foreach (var field in fields)
            {
                json.Byte((byte)',');
                json.Text(field.Key);
                json.Byte((byte)':');
                json.Text(field.Value);
            }
            var bytes = new byte[json.Length];
            Buffer.BlockCopy(json.Buffer, 0, bytes, 0, bytes.Length);
            return bytes;
        }
    }
}
