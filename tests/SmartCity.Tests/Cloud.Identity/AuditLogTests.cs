using Microsoft.Data.Sqlite;
using SmartCity.Cloud.Identity;

namespace SmartCity.Tests.Cloud.Identity;

/// <summary>The audit log finds whatever is changed, removed or added behind its back.</summary>
public sealed class AuditLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private string File => _folder["identity.db"];

    public void Dispose() => _folder.Dispose();

    private void Write(int rows)
    {
        using var database = new IdentityDatabase(File);
        var log = new AuditLog(database, TimeProvider.System);
        for (var i = 0; i < rows; i++) log.Write(new Actor($"who-{i}", "10.0.0.1"), "device.change", $"d{i}", i % 2 == 0 ? null : "{\"a\":1}", "{\"a\":2}");
        Assert.Equal(rows, log.Verify().Rows);
        Assert.Null(log.Verify().FirstBroken);
    }

    private SmartCity.Model.Contracts.AuditCheck Tamper(string sql)
    {
        using (var raw = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            raw.Open();
            using var command = raw.CreateCommand();
#pragma warning disable CA2100 // Text of this test.
            command.CommandText = "DROP TRIGGER audit_kept; DROP TRIGGER audit_kept_whole; " + sql;
#pragma warning restore CA2100
            command.ExecuteNonQuery();
        }
        using var database = new IdentityDatabase(File);
        return new AuditLog(database, TimeProvider.System).Verify();
    }

    [Theory]
    [InlineData("at = at + 1")]
    [InlineData("who = 'someone'")]
    [InlineData("origin = '10.0.0.2'")]
    [InlineData("action = 'device.add'")]
    [InlineData("subject = subject || 'x'")]
    [InlineData("before = NULL")]
    [InlineData("before = ''")]
    [InlineData("after = replace(after, '2', '3')")]
    [InlineData("hash = zeroblob(32)")]
    [InlineData("at = at + 0.5")]
    [InlineData("who = who || char(0) || 'mina'")]
    [InlineData("subject = CAST(subject || x'ff' AS TEXT)")]
    [InlineData("after = x'00'")]
    public void A_changed_member_of_any_row_is_found_and_named(string change)
    {
        Write(7);
        var check = Tamper($"UPDATE audit SET {change} WHERE number = 4");
        Assert.Equal(4, check.FirstBroken);
        Assert.NotNull(check.Reason);
    }

    [Fact]
    public void Any_changed_byte_of_any_row_is_found()
    {
        // Bytes that no text is made of, too.
        using (var database = new IdentityDatabase(File))
        {
            var log = new AuditLog(database, TimeProvider.System);
            foreach (var text in (string[])["plain", "فارسی", "\uFFFD", "a\0b", "\ud800", ""]) log.Write(new Actor($"who {text}", "10.0.0.1"), "device.change", $"d {text}", text, $"\"{text}\"");
            Assert.Null(log.Verify().FirstBroken);
        }
        var random = new Random(20261128);
        using var raw = new SqliteConnection($"Data Source={File};Pooling=False");
        raw.Open();
        Do("DROP TRIGGER audit_kept; DROP TRIGGER audit_kept_whole;");
        for (var i = 0; i < 300; i++)
        {
            var (row, member) = (random.Next(1, 7), (string[])["at", "who", "origin", "action", "subject", "before", "after", "hash"]);
            var name = member[random.Next(member.Length)];
            var before = Read(name, row);
            if (before.Length == 0) continue;
            var after = before.ToArray();
            after[random.Next(after.Length)] ^= (byte)random.Next(1, 256);
            var type = name switch { "at" => "INTEGER", "hash" => "BLOB", _ => "TEXT" };
            if (name == "at" && !after.All(digit => digit is >= (byte)'0' and <= (byte)'9')) continue;
            Write(name, row, type, after);
            Assert.True(Check().FirstBroken == row, $"row {row}, {name}: {Convert.ToHexString(before)} → {Convert.ToHexString(after)}: {Check().FirstBroken}");
            Write(name, row, type, before);
            Assert.Null(Check().FirstBroken);
        }

        SmartCity.Model.Contracts.AuditCheck Check()
        {
            using var database = new IdentityDatabase(File);
            Do("DROP TRIGGER audit_kept; DROP TRIGGER audit_kept_whole;");
            return new AuditLog(database, TimeProvider.System).Verify();
        }

        byte[] Read(string name, int row)
        {
            using var command = raw.CreateCommand();
#pragma warning disable CA2100 // Text of this test.
            command.CommandText = $"SELECT CAST({name} AS BLOB) FROM audit WHERE number = {row}";
            return (byte[])command.ExecuteScalar()!;
        }

        void Write(string name, int row, string type, byte[] bytes)
        {
            using var command = raw.CreateCommand();
            command.CommandText = $"UPDATE audit SET {name} = CAST($bytes AS {type}) WHERE number = {row}";
            command.Parameters.AddWithValue("$bytes", bytes);
            command.ExecuteNonQuery();
        }

        void Do(string sql)
        {
            using var command = raw.CreateCommand();
            command.CommandText = sql;
#pragma warning restore CA2100
            command.ExecuteNonQuery();
        }
    }

    [Fact]
    public void Text_that_moves_from_one_member_to_the_next_is_found()
    {
        Write(3);
        Assert.Equal(2, Tamper("UPDATE audit SET action = 'device.changed', subject = substr(subject, 2) WHERE number = 2").FirstBroken);
    }

    [Fact]
    public void A_removed_row_is_found_in_the_middle_and_at_the_end()
    {
        Write(5);
        Assert.Equal(3, Tamper("DELETE FROM audit WHERE number = 3").FirstBroken);
        _folder.Dispose();
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        Write(5);
        Assert.Equal(5, Tamper("DELETE FROM audit WHERE number = 5").FirstBroken);
    }

    [Fact]
    public void The_database_itself_refuses_a_change_of_a_row()
    {
        Write(2);
        using var raw = new SqliteConnection($"Data Source={File};Pooling=False");
        raw.Open();
        using var command = raw.CreateCommand();
        command.CommandText = "UPDATE audit SET who = 'x' WHERE number = 1";
        Assert.Contains("never changed", Assert.Throws<SqliteException>(() => command.ExecuteNonQuery()).Message);
    }
}
