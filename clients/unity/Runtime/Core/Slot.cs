#nullable enable
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace AnalyticsPipeline
{
    /// <summary>A numbered subfolder of the outbox that one client has for itself until its process ends.</summary>
    /// <remarks>
    /// FileShare.None keeps others out on Windows and, by flock, where .NET runs on Unix. Mono heeds it only within a
    /// process, so a lock on the first byte (fcntl) keeps other processes out there. The kernel drops both with the
    /// process. Closing any handle of a file drops fcntl's locks on it: so a slot of this process is never opened twice.
    /// </remarks>
    internal sealed class Slot : IDisposable
    {
        private const int MostSlots = 1000;
        private static readonly HashSet<string> Held = new HashSet<string>(StringComparer.Ordinal);
        private readonly FileStream _lock;

        private Slot(string folder, FileStream file)
        {
            Folder = folder;
            _lock = file;
        }

        public string Folder { get; }

        /// <summary>Take the first slot that nobody has.</summary>
        /// <exception cref="IOException">The folder takes no files.</exception>
        public static Slot First(string folder)
        {
            for (var number = 0; number < MostSlots; number++)
            {
                var slot = Take(Path.Combine(folder, number.ToString(CultureInfo.InvariantCulture)));
                if (slot != null)
                {
                    return slot;
                }
            }
            throw new IOException("all slots of the outbox are taken");
        }

        /// <summary>Take one slot after the other whose owner is dead; dispose each.</summary>
        public static IEnumerable<Slot> Abandoned(string folder)
        {
            foreach (var path in Directory.GetDirectories(folder))
            {
                if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                {
                    var slot = Take(path);
                    if (slot != null)
                    {
                        yield return slot;
                    }
                }
            }
        }

        public void Dispose()
        {
            lock (Held)
            {
                _lock.Dispose();
                Held.Remove(Folder);
            }
        }

        private static Slot? Take(string folder)
        {
            var full = Path.GetFullPath(folder);
            lock (Held)
            {
                if (Held.Contains(full))
                {
                    return null;
                }
                Directory.CreateDirectory(full);
                var file = Open(Path.Combine(full, "lock"));
                if (file == null)
                {
                    return null;
                }
                Held.Add(full);
                return new Slot(full, file);
            }
        }

        private static FileStream? Open(string path)
        {
            FileStream file;
            try
            {
                file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                return null;
            }
            try
            {
                file.Lock(0, 1);
            }
            catch (IOException)
            {
                file.Dispose();
                return null;
            }
            catch (Exception error) when (error is NotSupportedException || error is NotImplementedException)
            {
                // macOS under .NET: there FileShare.None is a lock between processes
            }
            return file;
        }
    }
}
