#nullable enable
using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Threading;

namespace AnalyticsPipeline
{
    /// <summary>A file is not stored; the message says why.</summary>
    public sealed class UploadException : Exception
    {
        internal UploadException(string message)
            : base(message)
        {
        }
    }

    /// <summary>Stores one file: asks for a place, and puts the file there; each try asks for a new place.</summary>
    internal sealed class FileUpload
    {
        private const int MostRefusals = 5; // of a signed URL: a new one may do, but not for ever
        private readonly AnalyticsOptions _options;
        private readonly ConsentGate _gate;
        private readonly ITransport _transport;
        private readonly string _contentType;
        private readonly string _place;

        public FileUpload(
            AnalyticsOptions options, ConsentGate gate, ITransport transport, string contentType, string parent, string child)
        {
            _options = options;
            _gate = gate;
            _transport = transport;
            _contentType = contentType;
            _place = options.Url.TrimEnd('/') + "/v1/file?key=" + Uri.EscapeDataString(options.ApiKey)
                + "&event_category=" + options.Category
                + (options.Environment == null ? "" : "&analytics_environment=" + options.Environment)
                + "&file_parent=" + Uri.EscapeDataString(parent) + "&file_child=" + Uri.EscapeDataString(child);
        }

        public string Run(Func<Stream> open, TimeSpan timeout)
        {
            var question = Question(open, out var size);
            var backoff = new Backoff(_options.RetryBase, _options.RetryCap);
            var end = _options.Clock.Elapsed + timeout;
            var refusals = 0;
            while (true)
            {
                var answer = Ask(question, open, size, ref refusals, out var stored);
                if (stored != null)
                {
                    return stored;
                }
                var verdict = Verdict.Of(answer, 1, _options.Clock.UtcNow);
                var pause = backoff.Next();
                pause = pause > verdict.RetryAfter ? pause : verdict.RetryAfter;
                if (_options.Clock.Elapsed + pause > end)
                {
                    throw new UploadException("the file is not stored within the time: the last answer was " + answer.Status);
                }
                Thread.Sleep(pause);
            }
        }

        private HttpAnswer Ask(byte[] question, Func<Stream> open, long size, ref int refusals, out string? stored)
        {
            stored = null;
            var answer = Exchange(HttpAttempt.Of(_place, question));
            if (answer.Status != 200)
            {
                RefuseIfFinal(answer);
                return answer;
            }
            var ticket = JsonText.Object(answer.Body);
            if (ticket == null || !(Member(ticket, "signed_url") is string url) || !(Member(ticket, "object") is string name)
                || !(Member(ticket, "headers") is Dictionary<string, object?> headers))
            {
                return HttpAnswer.None; // cut off: ask again
            }
            var put = new HttpAttempt("PUT", url, size, open);
            foreach (var header in headers)
            {
                put.Headers[header.Key] = header.Value as string ?? "";
            }
            answer = Exchange(put);
            stored = answer.Status >= 200 && answer.Status < 300 ? name : null;
            if (answer.Status >= 400 && answer.Status < 500 && answer.Status != 408 && answer.Status != 429 && ++refusals == MostRefusals)
            {
                throw new UploadException("the storage refuses the file: " + answer.Status);
            }
            return answer;
        }

        private static void RefuseIfFinal(HttpAnswer answer)
        {
            var verdict = Verdict.Of(answer, 1, DateTime.UtcNow);
            if (verdict.Meaning == Meaning.Halt || verdict.Meaning == Meaning.Park)
            {
                throw new UploadException("the pipeline refuses the file: " + answer.Status + " " + verdict.Reason);
            }
        }

        private HttpAnswer Exchange(HttpAttempt attempt)
        {
            HttpAnswer? answer = null;
            using (var ended = new ManualResetEventSlim())
            {
                var timeout = attempt.Method == "PUT" ? TimeSpan.FromMinutes(10) : _options.AttemptTimeout;
                var began = _gate.TryBegin(_transport, attempt, timeout, came =>
                {
                    answer = came;
                    ended.Set();
                });
                if (!began)
                {
                    throw new UploadException("the file is not sent: consent is not given");
                }
                ended.Wait();
            }
            return answer!;
        }

        private byte[] Question(Func<Stream> open, out long size)
        {
            string digest;
            using (var file = open())
            using (var md5 = MD5.Create())
            {
                digest = Convert.ToBase64String(md5.ComputeHash(file));
                size = file.Length;
            }
            var question = new JsonWriter();
            question.Begin('{');
            question.Name("content_type");
            question.Value(_contentType);
            question.Name("md5_digest");
            question.Value(digest);
            question.Name("size");
            question.Value(size);
            question.End('}');
            return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(question.Buffer, 0, question.Length));
        }

        private static object? Member(Dictionary<string, object?> members, string name) =>
            members.TryGetValue(name, out var value) ? value : null;
    }
}
