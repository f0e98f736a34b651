#nullable enable
using System;
using System.IO;
using System.IO.Compression;
using System.Threading;

namespace AnalyticsPipeline
{
    /// <summary>Sends one batch after the other, oldest first. Each <see cref="Step"/> does what is due, and never waits.</summary>
    internal sealed class Sender
    {
        private readonly object _turn = new object();
        private readonly AnalyticsOptions _options;
        private readonly Outbox _outbox;
        private readonly Intake _intake;
        private readonly ConsentGate _gate;
        private readonly ITransport _transport;
        private readonly Action<string> _report;
        private readonly Action _wake;
        private readonly Backoff _backoff;
        private Batch? _batch; // the one that is being sent
        private HttpAnswer? _answer; // set by the transport's thread
        private TimeSpan _due; // when to send next
        private TimeSpan _notBefore; // what the server asked for
        private TimeSpan _adoptDue;
        private int _hurry; // 1: no pause of ours is to be kept
        private long _attempts; // that ended
        private volatile bool _isHalted;

        public Sender(
            AnalyticsOptions options, Outbox outbox, Intake intake, ConsentGate gate, ITransport transport,
            Action<string> report, Action wake)
        {
            _options = options;
            _outbox = outbox;
            _intake = intake;
            _gate = gate;
            _transport = transport;
            _report = report;
            _wake = wake;
            _backoff = new Backoff(options.RetryBase, options.RetryCap);
            _adoptDue = options.Clock.Elapsed + options.AdoptInterval;
        }

        public bool IsHalted => _isHalted;

        /// <summary>How many attempts ended.</summary>
        public long Attempts => Interlocked.Read(ref _attempts);

        /// <summary>Try at once, unless the server asked for a pause.</summary>
        public void Hurry()
        {
            Interlocked.Exchange(ref _hurry, 1); // without the lock: a step may wait for the disk
            _wake();
        }

        /// <summary>Act between two steps: what a step counts is settled then.</summary>
        public void Between(Action action)
        {
            lock (_turn)
            {
                action();
            }
        }

        /// <returns>How long nothing is to be done.</returns>
        public TimeSpan Step()
        {
            lock (_turn)
            {
                if (_batch != null)
                {
                    var answer = Interlocked.Exchange(ref _answer, null);
                    if (answer == null)
                    {
                        return _options.AdoptInterval;
                    }
                    var batch = _batch;
                    _batch = null;
                    Understand(batch, answer);
                }
                Adopt();
                if (Interlocked.Exchange(ref _hurry, 0) == 1)
                {
                    _due = _notBefore;
                }
                var pause = _due - _options.Clock.Elapsed;
                if (pause > TimeSpan.Zero)
                {
                    return pause < _options.AdoptInterval ? pause : _options.AdoptInterval;
                }
                Begin();
                return _options.AdoptInterval;
            }
        }

        private void Begin()
        {
            if (!_gate.IsOpen)
            {
                return;
            }
            var batch = _outbox.Next(out var body);
            if (batch == null)
            {
                return;
            }
            _batch = batch;
            var began = _gate.TryBegin(_transport, AttemptOf(batch, body), _options.AttemptTimeout, answer =>
            {
                Interlocked.Exchange(ref _answer, answer);
                _wake();
            });
            if (!began)
            {
                _batch = null;
            }
        }

        private HttpAttempt AttemptOf(Batch batch, byte[] body)
        {
            var sentAt = new JsonWriter();
            sentAt.Time(_options.Clock.UtcNow);
            var url = _options.Url.TrimEnd('/') + "/v1/event?key=" + Uri.EscapeDataString(_options.ApiKey)
                + "&event_category=" + batch.Category
                + (batch.Environment == "*" ? "" : "&analytics_environment=" + batch.Environment)
                + "&sent_at=" + Uri.EscapeDataString(System.Text.Encoding.ASCII.GetString(sentAt.Buffer, 0, sentAt.Length));
            var isPacked = body.Length >= _options.GzipFrom;
            var attempt = HttpAttempt.Of(url, isPacked ? Gzip(body) : body);
            attempt.Headers["Content-Type"] = "application/json";
            attempt.Headers["Idempotency-Key"] = batch.Key;
            if (isPacked)
            {
                attempt.Headers["Content-Encoding"] = "gzip";
            }
            return attempt;
        }

        private static byte[] Gzip(byte[] body)
        {
            var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, true))
            {
                gzip.Write(body, 0, body.Length);
            }
            return packed.ToArray();
        }

        private void Understand(Batch batch, HttpAnswer answer)
        {
            var verdict = Verdict.Of(answer, batch.Count, _options.Clock.UtcNow);
            _due = _notBefore = _options.Clock.Elapsed;
            _isHalted = verdict.Meaning == Meaning.Halt;
            switch (verdict.Meaning)
            {
                case Meaning.Acknowledged:
                    _backoff.Reset();
                    Acknowledge(batch);
                    break;
                case Meaning.Split:
                    _outbox.Split(batch);
                    break;
                case Meaning.Park:
                    Park(batch, answer.Status, verdict.Reason);
                    break;
                case Meaning.Halt:
                    _due += _options.HaltPause;
                    _notBefore += verdict.RetryAfter;
                    _report("the gateway answers " + answer.Status + ": the key may be wrong, or of another API. Nothing is lost; everything waits");
                    break;
                default:
                    var pause = _backoff.Next();
                    _notBefore += verdict.RetryAfter;
                    _due += pause > verdict.RetryAfter ? pause : verdict.RetryAfter;
                    break;
            }
            Interlocked.Increment(ref _attempts);
            _intake.Pulse();
        }

        private void Acknowledge(Batch batch)
        {
            var free = _outbox.Acknowledge(batch);
            if (free >= 0)
            {
                _intake.Changed(-batch.Count, -free);
            }
        }

        private void Park(Batch batch, int status, string reason)
        {
            if (_outbox.Park(batch, status, reason))
            {
                _intake.Changed(-batch.Count, 0);
                _report("a batch of " + batch.Count + " events is parked: " + status + " " + reason);
            }
        }

        private void Adopt()
        {
            if (_options.Clock.Elapsed < _adoptDue || !_gate.IsOpen)
            {
                return;
            }
            _adoptDue = _options.Clock.Elapsed + _options.AdoptInterval;
            _outbox.Adopt(_intake.Changed);
        }
    }
}
