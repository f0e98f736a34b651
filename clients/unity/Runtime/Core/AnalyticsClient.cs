#nullable enable
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace AnalyticsPipeline
{
    /// <summary>Keeps events on the device until the pipeline has them. Safe to use from any thread.</summary>
    /// <remarks>
    /// <see cref="Event"/> and Track never wait for a disk or a network: a thread writes, another sends. After the
    /// constructor nothing throws but wrong arguments, and waiting for a file in <see cref="UploadFile(string, string, string, string, TimeSpan)"/>.
    /// </remarks>
    public sealed class AnalyticsClient : IDisposable
    {
        private readonly AnalyticsOptions _options;
        private readonly Stack<EventText> _texts = new Stack<EventText>();
        private readonly object _writing = new object(); // from fetching lines until they are written
        private readonly Intake _intake;
        private readonly Outbox _outbox;
        private readonly ConsentGate _gate;
        private readonly ITransport _transport;
        private readonly Sender _sender;
        private readonly AutoResetEvent _lines = new AutoResetEvent(false);
        private readonly AutoResetEvent _urgent = new AutoResetEvent(false);
        private readonly AutoResetEvent _sending = new AutoResetEvent(false);
        private readonly Thread? _writerThread;
        private readonly Thread? _senderThread;
        private int _cut; // 1: a batch is to be cut, and sent at once
        private int _flushing; // how many wait for all to be sent, also what is tracked meanwhile
        private volatile bool _isStopping;
        private bool _isClosed;
        private TimeSpan _pausedAt;

        /// <summary>Open the outbox: reads and writes its files, some milliseconds.</summary>
        /// <exception cref="ArgumentException">An option is wrong.</exception>
        public AnalyticsClient(AnalyticsOptions options)
        {
            options.RefuseIfWrong();
            _options = options;
            var isGranted = options.Consent == Consent.Granted;
            _gate = new ConsentGate(isGranted);
            _intake = new Intake(options, () => _lines.Set());
            _outbox = new Outbox(options, Report);
            if (options.Consent == Consent.Refused)
            {
                _outbox.Clear();
            }
            _outbox.Count(out var events, out var bytes);
            _outbox.LeftOut = count => _intake.Changed(-count, 0);
            _intake.Continue(_outbox.State, events, bytes, isGranted);
            _transport = options.Transport ?? new HttpTransport();
            _sender = new Sender(options, _outbox, _intake, _gate, _transport, Report, () => _sending.Set());
            if (options.UseThreads)
            {
                _writerThread = Run(WriteAlways, "analytics outbox");
                _senderThread = Run(SendAlways, "analytics sender");
            }
        }

        /// <summary>The id of the session; empty without consent.</summary>
        public string Session => _intake.Session;

        /// <summary>The index that the session's next event gets.</summary>
        public long NextIndex => _intake.Next;

        /// <summary>How the outbox is now.</summary>
        public AnalyticsStatus Status => new AnalyticsStatus
        {
            Waiting = _intake.Waiting,
            Parked = _outbox.ParkedCount,
            Dropped = _intake.Dropped,
            IsDurable = _outbox.IsDurable,
            IsHalted = _sender.IsHalted,
            Bytes = _intake.Bytes,
        };

        /// <summary>Begin to say an event; it is kept by <see cref="EventBuilder.Track"/>.</summary>
        public EventBuilder Event(string type)
        {
            var text = Rent();
            text.Begin(type ?? throw new ArgumentNullException(nameof(type)));
            return new EventBuilder(this, text);
        }

        /// <summary>Keep an event with attributes: numbers, texts, and dictionaries and lists of them.</summary>
        /// <exception cref="ArgumentException">A value is no JSON, or the event is too large.</exception>
        public Tracked Track(string type, IDictionary<string, object?>? attributes = null)
        {
            var text = Rent();
            text.Begin(type ?? throw new ArgumentNullException(nameof(type)));
            if (attributes != null)
            {
                foreach (var attribute in attributes)
                {
                    text.Member(attribute.Key, attribute.Value);
                }
            }
            return Track(text);
        }

        /// <summary>Wait until all that was tracked is on the disk (or in memory, where there is none).</summary>
        /// <returns>Whether it is, within the time.</returns>
        public bool WaitUntilKept(TimeSpan timeout)
        {
            if (!_options.UseThreads)
            {
                Write();
            }
            _urgent.Set();
            _lines.Set();
            return _intake.WaitUntilKept(timeout);
        }

        /// <summary>Send what waits at once, and wait until it is acknowledged.</summary>
        /// <returns>How many events still wait: the time is over, the key is refused, or consent is missing.</returns>
        public long Flush(TimeSpan timeout)
        {
            if (_isStopping)
            {
                return _intake.Waiting;
            }
            var attempts = _sender.Attempts;
            Interlocked.Increment(ref _flushing);
            CutNow();
            if (_options.UseThreads)
            {
                _intake.WaitUntilEmpty(() => !_gate.IsOpen || (_sender.IsHalted && _sender.Attempts > attempts), timeout);
            }
            Interlocked.Decrement(ref _flushing);
            return _intake.Waiting;
        }

        /// <summary>Begin another session: its events are numbered from 0.</summary>
        public void BeginSession() => _intake.BeginSession();

        /// <summary>The app goes to the background, from where it may never return: bring all to the disk, and send.</summary>
        public void Pause()
        {
            _pausedAt = _options.Clock.Elapsed;
            CutNow();
            WaitUntilKept(TimeSpan.FromMilliseconds(500));
        }

        /// <summary>The app is back: after more than the session's timeout in another session.</summary>
        public void Resume()
        {
            if (_options.SessionTimeout > TimeSpan.Zero && _options.Clock.Elapsed - _pausedAt > _options.SessionTimeout)
            {
                BeginSession();
            }
            _sender.Hurry();
        }

        /// <summary>Keep and send events from now on, in a new session.</summary>
        public void GrantConsent()
        {
            _gate.Open();
            _intake.Grant();
            _sender.Hurry();
        }

        /// <summary>Delete all that is kept. Once it returned nothing is sent that was there before.</summary>
        /// <exception cref="InvalidOperationException">The client is closed: open one with <see cref="Consent.Refused"/>.</exception>
        public void WithdrawConsent()
        {
            if (_isClosed)
            {
                throw new InvalidOperationException("the client is closed: open one with Consent.Refused to delete what is kept");
            }
            _gate.Close(TimeSpan.FromSeconds(5));
            lock (_writing)
            {
                _sender.Between(() =>
                {
                    _intake.Withdraw();
                    _outbox.Clear();
                });
            }
        }

        /// <summary>Batches that the server will not have, with the reason and the file where a person finds them.</summary>
        public IReadOnlyList<Batch> Parked() => _outbox.Parked();

        /// <summary>Send what was parked again, under the same keys. Waits for the disk.</summary>
        public void RetryParked()
        {
            lock (_writing)
            {
                _intake.Changed(_outbox.Unpark(), 0);
            }
            _sender.Hurry();
        }

        /// <summary>Store a file; tried again until the time is over. Not where there are no threads.</summary>
        /// <returns>Its name in Cloud Storage.</returns>
        /// <exception cref="UploadException">It is not stored, and why.</exception>
        public string UploadFile(string path, string contentType, string fileParent, string fileChild, TimeSpan timeout) =>
            new FileUpload(_options, _gate, _transport, contentType, fileParent, fileChild)
                .Run(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read), timeout);

        /// <inheritdoc cref="UploadFile(string, string, string, string, TimeSpan)"/>
        public string UploadFile(byte[] content, string contentType, string fileParent, string fileChild, TimeSpan timeout) =>
            new FileUpload(_options, _gate, _transport, contentType, fileParent, fileChild)
                .Run(() => new MemoryStream(content, false), timeout);

        /// <summary>The same without waiting.</summary>
        public Task<string> UploadFileAsync(string path, string contentType, string fileParent, string fileChild, TimeSpan timeout) =>
            Task.Run(() => UploadFile(path, contentType, fileParent, fileChild, timeout));

        /// <summary>Do what the threads would: call it often where there are none.</summary>
        public void Pump()
        {
            Write();
            _sender.Step();
        }

        /// <summary>Keep all, send what can be sent in the time, and end.</summary>
        /// <returns>How many events wait for the next start.</returns>
        public long Close(TimeSpan timeout)
        {
            if (_isClosed)
            {
                return _intake.Waiting;
            }
            _isClosed = true;
            _intake.Close();
            Flush(timeout);
            _isStopping = true;
            _urgent.Set();
            _lines.Set();
            _sending.Set();
            _gate.Close(TimeSpan.FromSeconds(1));
            _writerThread?.Join(TimeSpan.FromSeconds(5));
            _senderThread?.Join(TimeSpan.FromSeconds(5));
            _outbox.Dispose();
            if (_options.Transport == null)
            {
                ((IDisposable)_transport).Dispose();
            }
            return _intake.Waiting;
        }

        /// <summary>Close without waiting for the network.</summary>
        public void Dispose() => Close(TimeSpan.Zero);

        internal Tracked Track(EventText text)
        {
            try
            {
                text.RefuseIfOpen();
                return _intake.Add(text);
            }
            finally
            {
                text.End();
                lock (_texts)
                {
                    _texts.Push(text);
                }
            }
        }

        internal static void RefuseIfOurs(string name)
        {
            switch (name)
            {
                case "eventType":
                case "eventTimestamp":
                case "sessionId":
                case "eventIndex":
                case "eventId":
                case "eventAttributes":
                    throw new ArgumentException(name + " is set by the client");
            }
        }

        private EventText Rent()
        {
            lock (_texts)
            {
                return _texts.Count > 0 ? _texts.Pop() : new EventText();
            }
        }

        private void CutNow()
        {
            Interlocked.Exchange(ref _cut, 1);
            _urgent.Set();
            _lines.Set();
            if (!_options.UseThreads)
            {
                Pump();
            }
        }

        private void Write()
        {
            bool hasBatch;
            var isCut = Interlocked.Exchange(ref _cut, 0) == 1;
            lock (_writing)
            {
                hasBatch = _outbox.Write(_intake.Fetch(), isCut || Volatile.Read(ref _flushing) > 0);
                _intake.Confirm();
            }
            if (isCut)
            {
                _sender.Hurry();
            }
            else if (hasBatch)
            {
                _sending.Set();
            }
        }

        private void WriteAlways()
        {
            while (!_isStopping)
            {
                var pause = _outbox.HasOpenEvents ? _options.FlushInterval - _outbox.Age : TimeSpan.FromHours(1);
                if (pause > TimeSpan.Zero && _lines.WaitOne(pause))
                {
                    _urgent.WaitOne(_options.CommitWindow);
                }
                Survive(Write);
            }
            Survive(Write);
        }

        private void SendAlways()
        {
            while (!_isStopping)
            {
                var pause = TimeSpan.FromSeconds(1);
                Survive(() => pause = _sender.Step());
                _sending.WaitOne(pause);
            }
        }

        /// <summary>A defect of ours ends no thread, and no game.</summary>
        private void Survive(Action action)
        {
            try
            {
                action();
            }
            catch (Exception error)
            {
                Report("a defect of the client: " + error.GetType().Name + ": " + error.Message);
            }
        }

        private void Report(string problem)
        {
            try
            {
                _options.OnProblem?.Invoke(problem.Replace(_options.ApiKey, "…"));
            }
            catch (Exception)
            {
                // what listens must not break what it listens to
            }
        }

        private static Thread Run(ThreadStart body, string name)
        {
            var thread = new Thread(body) { IsBackground = true, Name = name };
            thread.Start();
            return thread;
        }
    }
}
