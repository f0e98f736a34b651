#nullable enable
using System;
using System.Threading;

namespace AnalyticsPipeline
{
    /// <summary>All attempts start through it, so that none does once <see cref="Close"/> returned.</summary>
    internal sealed class ConsentGate
    {
        private readonly object _gate = new object();
        private CancellationTokenSource _withdrawn = new CancellationTokenSource();
        private bool _isOpen;
        private int _running;

        public ConsentGate(bool isOpen) => _isOpen = isOpen;

        public bool IsOpen
        {
            get
            {
                lock (_gate)
                {
                    return _isOpen;
                }
            }
        }

        /// <summary>Begin an attempt if consent is given; it ends with its time, or with the consent.</summary>
        public bool TryBegin(ITransport transport, HttpAttempt attempt, TimeSpan timeout, Action<HttpAnswer> done)
        {
            lock (_gate)
            {
                if (!_isOpen)
                {
                    return false;
                }
                var limit = CancellationTokenSource.CreateLinkedTokenSource(_withdrawn.Token);
                limit.CancelAfter(timeout);
                _running++;
                transport.Begin(attempt, limit.Token, answer =>
                {
                    Ended(limit);
                    done(answer);
                });
                return true;
            }
        }

        public void Open()
        {
            lock (_gate)
            {
                _isOpen = true;
            }
        }

        /// <summary>Let nothing start, end what runs, and wait (briefly: ending needs no network) until it ended.</summary>
        public void Close(TimeSpan timeout)
        {
            CancellationTokenSource withdrawn;
            lock (_gate)
            {
                _isOpen = false;
                withdrawn = _withdrawn;
                _withdrawn = new CancellationTokenSource();
            }
            withdrawn.Cancel();
            lock (_gate)
            {
                var end = DateTime.UtcNow + timeout;
                while (_running > 0 && DateTime.UtcNow < end)
                {
                    Monitor.Wait(_gate, 50);
                }
            }
        }

        private void Ended(CancellationTokenSource limit)
        {
            lock (_gate)
            {
                _running--;
                Monitor.PulseAll(_gate);
            }
            if (!limit.IsCancellationRequested)
            {
                limit.Dispose();
            }
        }
    }
}
