using SmartCity.Hosting.Files;

namespace SmartCity.Tests.Hosting;

public sealed class FilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_data_folder_belongs_to_one_process_at_a_time()
    {
        using (var first = DataFolder.Take(_folder["data"]))
        {
            var error = Assert.Throws<DataFolderInUseException>(() => DataFolder.Take(first.FullPath));
            Assert.Contains($"process {Environment.ProcessId}", error.Message);
            Assert.Contains("--data", error.Message);
        }
        DataFolder.Take(_folder["data"]).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["data"]));
    }

    [Fact]
    public void A_data_folder_that_cannot_be_made_is_no_folder_in_use()
    {
        File.WriteAllText(_folder["file"], "");
        Assert.ThrowsAny<IOException>(() => DataFolder.Take(_folder["file/data"]));
    }

    [Fact]
    public void Ports_are_read_as_written_and_absent_or_broken_files_hold_none()
    {
        Assert.Null(PortsFile.TryRead(_folder.Path));
        PortsFile.Write(_folder.Path, new Dictionary<string, int> { ["http"] = 8080, ["uplink"] = 8443 });
        Assert.Equal(8443, PortsFile.TryRead(_folder.Path)!["uplink"]);
        File.WriteAllText(_folder[PortsFile.Name], "{");
        Assert.Null(PortsFile.TryRead(_folder.Path));
        PortsFile.Clear(_folder.Path);
        PortsFile.Clear(_folder["absent"]);
        Assert.False(File.Exists(_folder[PortsFile.Name]));
        Assert.Null(PortsFile.TryRead(_folder["absent"]));
    }

    [Fact]
    public void A_replaced_file_is_the_owners_and_leaves_nothing_beside_it()
    {
        DurableFile.Replace(_folder["key"], "one"u8);
        DurableFile.Replace(_folder["key"], "two"u8);
        Assert.Equal("two", File.ReadAllText(_folder["key"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["key"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_disk_that_fails_is_reported()
    {
        Assert.ThrowsAny<IOException>(() => DurableFile.SyncFolder(_folder["absent"]));
        // /dev/full has no data to make durable: the kernel answers EINVAL, which the framework's flush would hide.
        using var device = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.Write);
        Assert.Contains("errno 22", Assert.Throws<IOException>(() => DurableFile.Sync(device, "/dev/full")).Message);
    }
}
