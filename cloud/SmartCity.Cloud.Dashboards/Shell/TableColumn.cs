using Microsoft.AspNetCore.Components;

namespace SmartCity.Cloud.Dashboards.Shell;

/// <summary>A column of a <see cref="DataTable{TRow}"/>.</summary>
/// <typeparam name="TRow">What a row shows.</typeparam>
/// <param name="Name">Head.</param>
/// <param name="Cell">Content of a row's cell.</param>
/// <param name="Class"><c>number</c> for figures, <c>id</c> for names that run from left to right.</param>
public sealed record TableColumn<TRow>(string Name, RenderFragment<TRow> Cell, string? Class = null)
{
    /// <summary>A column of plain text. An id or a figure keeps its own direction in a page of the other.</summary>
    public TableColumn(string name, Func<TRow, string?> text, string? style = null) : this(name, row => builder =>
    {
        builder.OpenElement(0, "bdi");
        builder.AddContent(1, text(row));
        builder.CloseElement();
    }, style)
    {
    }
}
