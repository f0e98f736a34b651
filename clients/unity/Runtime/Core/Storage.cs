#nullable enable
using System;
using System.Collections.Generic;
using System.IO;

namespace AnalyticsPipeline
{
    /// <summary>Where segments lie: a folder, or memory where there is none.</summary>
    internal interface IStorage
    {
        bool IsDurable { get; }

        /// <summary>Names of the files, in the order of their names.</summary>
        List<string> Names();

        byte[] Read(string name);

        /// <summary>Write at the end of a file, which may be new, and return only when it is on the disk.</summary>
        void Append(string name, byte[] bytes, int count);

        void Truncate(string name, long length);

        void Delete(string name);

        /// <summary>Close what is kept open for appending.</summary>
        void Close();
    }

    /// <summary>Files of one folder. Errors are IOException and UnauthorizedAccessException.</summary>
    internal sealed class FolderStorage : IStorage
    {
        private FileStream? _open; // the file appended to last, since it most likely is the next
        private string _openName = "";

        public FolderStorage(string folder) => Folder = folder;

        public string Folder { get; }

        public bool IsDurable => true;

        public List<string> Names()
        {
            var names = new List<string>();
            foreach (var path in Directory.GetFiles(Folder))
            {
                names.Add(Path.GetFileName(path));
            }
            names.Sort(string.CompareOrdinal);
            return names;
        }

        public byte[] Read(string name)
        {
            using (var file = new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
            {
                var bytes = new byte[file.Length];
                var count = 0;
                while (count < bytes.Length)
                {
                    var more = file.Read(bytes, count, bytes.Length - count);
                    if (more == 0)
                    {
                        throw new EndOfStreamException(name + " became shorter while it was read");
                    }
                    count += more;
                }
                return bytes;
            }
        }

        public void Append(string name, byte[] bytes, int count)
        {
            if (_open == null || _openName != name)
            {
                Close();
                _open = new FileStream(PathOf(name), FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 1);
                _openName = name;
            }
            _open.Write(bytes, 0, count);
            _open.Flush(true);
        }

        public void Truncate(string name, long length)
        {
            Close();
            using (var file = new FileStream(PathOf(name), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            {
                file.SetLength(length);
                file.Flush(true);
            }
        }

        public void Delete(string name)
        {
            if (_openName == name)
            {
                Close();
            }
            File.Delete(PathOf(name));
        }

        public void Close()
        {
            var open = _open;
            _open = null;
            _openName = "";
            open?.Dispose();
        }

        public string PathOf(string name) => Path.Combine(Folder, name);
    }

    /// <summary>Files that end with the process.</summary>
    internal sealed class MemoryStorage : IStorage
    {
        private readonly SortedDictionary<string, MemoryStream> _files = new SortedDictionary<string, MemoryStream>(StringComparer.Ordinal);

        public bool IsDurable => false;

        public List<string> Names() => new List<string>(_files.Keys);

        public byte[] Read(string name) => _files[name].ToArray();

        public void Append(string name, byte[] bytes, int count)
        {
            if (!_files.TryGetValue(name, out var file))
            {
                file = _files[name] = new MemoryStream();
            }
            file.Write(bytes, 0, count);
        }

        public void Truncate(string name, long length)
        {
            _files[name].SetLength(length);
            _files[name].Position = length;
        }

        public void Delete(string name) => _files.Remove(name);

        public void Close()
        {
        }
    }
}
