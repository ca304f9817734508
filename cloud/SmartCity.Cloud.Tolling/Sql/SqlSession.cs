namespace SmartCity.Cloud.Tolling.Sql;

/// <summary>
/// One connection to the books of events, passages and charges, in SQLite or PostgreSQL. Statements are written in what both understand, with the
/// parameters <c>$1</c>, <c>$2</c>, …, and are prepared once. Not for several threads at once.
/// </summary>
internal abstract class SqlSession : IDisposable
{
    /// <summary>Makes tables; written for SQLite, each only where it is not there yet.</summary>
    public abstract void Ensure(string tables);

    /// <summary>Begins a change that no other one runs beside; nothing is kept of it unless <see cref="Commit"/> returns.</summary>
    public abstract void BeginChange();

    /// <summary>Begins to read; all that is read is of one moment.</summary>
    public abstract void BeginReading();

    /// <summary>Ends what was begun; a change is durable when it returns.</summary>
    public abstract void Commit();

    /// <summary>Gives up what was begun and not committed; nothing where nothing was.</summary>
    public abstract void Abandon();

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public abstract int Run(string sql, params ReadOnlySpan<SqlValue> values);

    /// <summary>Runs a statement once for each set of values, in order.</summary>
    public abstract void RunEach(string sql, IReadOnlyCollection<SqlValue[]> rows);

    /// <summary>Looks at each row, until one was the last that is wanted.</summary>
    /// <param name="sql">Statement.</param>
    /// <param name="look">Returns whether to go on. It must not ask the session anything.</param>
    /// <param name="values">Parameters.</param>
    public abstract void Look(string sql, Func<SqlRow, bool> look, params ReadOnlySpan<SqlValue> values);

    /// <summary>Asks the same for many sets of values, in one go where the store is far away.</summary>
    /// <param name="sql">Statement.</param>
    /// <param name="asked">Parameters of each question.</param>
    /// <param name="look">Number of the question, from 0, and a row of its answer.</param>
    public abstract void LookEach(string sql, IReadOnlyList<SqlValue[]> asked, Action<int, SqlRow> look);

    /// <summary>Looks at each row; none is kept.</summary>
    public void ForEach(string sql, Action<SqlRow> look, params ReadOnlySpan<SqlValue> values) => Look(sql, row =>
    {
        look(row);
        return true;
    }, values);

    /// <summary>All rows.</summary>
    public List<T> Read<T>(string sql, Func<SqlRow, T> row, params ReadOnlySpan<SqlValue> values)
    {
        var rows = new List<T>();
        ForEach(sql, one => rows.Add(row(one)), values);
        return rows;
    }

    /// <summary>The rows of many questions, in the order of these.</summary>
    public List<T>[] ReadEach<T>(string sql, IReadOnlyList<SqlValue[]> asked, Func<SqlRow, T> row)
    {
        var answers = new List<T>[asked.Count];
        for (var i = 0; i < answers.Length; i++) answers[i] = [];
        LookEach(sql, asked, (i, one) => answers[i].Add(row(one)));
        return answers;
    }

    /// <summary>The number in the first column of the first row; null where there is none.</summary>
    public long? Ask(string sql, params ReadOnlySpan<SqlValue> values)
    {
        long? answer = null;
        Look(sql, row =>
        {
            answer = row.NumberOrNull(0);
            return false;
        }, values);
        return answer;
    }

    /// <summary>Runs a change whole or not at all.</summary>
    public T Change<T>(Func<T> change)
    {
        BeginChange();
        try
        {
            var result = change();
            Commit();
            return result;
        }
        catch
        {
            Abandon();
            throw;
        }
    }

    public abstract void Dispose();
}
